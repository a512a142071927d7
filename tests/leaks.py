"""Looks for secrets where none belongs: whole, in pieces, and however they may have been written down.

A piece of twelve bytes is enough to be found: as it is, as base64 of whatever it stood in, as hex, or escaped as in an
address or in JSON.
"""

import base64
import email
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from email.policy import default
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from adapters.embedded_postgres.runtime import find_runtime

PIECE: Final = 12
BASE64_PIECE: Final = 15
HEX_PIECE: Final = 24
"""Characters of base64, wherever in it they stand, and of hex that twelve bytes fill entirely."""
_BYTEA: Final = re.compile(rb"\\x([0-9a-f]{2,})")


class Leaks:
    """Secrets by name, and every way one of their pieces may look."""

    def __init__(self, secrets: Mapping[str, str | bytes]) -> None:
        self._looks: dict[int, dict[bytes, str]] = {PIECE: {}, BASE64_PIECE: {}, HEX_PIECE: {}}
        for name, secret in secrets.items():
            value = secret.encode() if isinstance(secret, str) else secret
            assert len(value) >= PIECE, f"{name} is too short to be told from anything else"
            self._learn(name, value)

    def found_in(self, *places: str | bytes) -> list[str]:
        """The names of the secrets that any of these places holds a piece of."""
        found: set[str] = set()
        for place in places:
            content = place.encode("utf-8", "surrogateescape") if isinstance(place, str) else place
            for length, looks in self._looks.items():
                text = content.lower() if length == HEX_PIECE else content
                at = (text[i : i + length] for i in range(len(text) - length + 1))
                found |= {looks[piece] for piece in at if piece in looks}
        return sorted(found)

    def _learn(self, name: str, value: bytes) -> None:
        for written in (value, *_escaped(value)):
            self._looks[PIECE].update((piece, name) for piece in _pieces(written, PIECE))
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + value).rstrip(b"=")
            # The first characters hold bits of what stood before, the last one bits of what comes after.
            whole = encoded[shift + 1 if shift else 0 : -1]
            for kind in (whole, whole.translate(bytes.maketrans(b"+/", b"-_"))):
                self._looks[BASE64_PIECE].update((piece, name) for piece in _pieces(kind, BASE64_PIECE))
        self._looks[HEX_PIECE].update((piece, name) for piece in _pieces(value.hex().encode(), HEX_PIECE))


def dumped(database_url: str) -> bytes:
    """A whole dump of a database as its own program writes it, and after it every byte string as it is."""
    program = find_runtime().program("pg_dump")
    dump = subprocess.run([program, "--dbname", database_url], check=True, capture_output=True).stdout
    assert b"COPY es.sync_events" in dump, "the dump holds the log"
    return dump + b"\n".join(bytes.fromhex(found.decode()) for found in _BYTEA.findall(dump))


def files_below(home: Path) -> Iterator[bytes]:
    """The content and the name of every file below a directory."""
    for path in home.rglob("*"):
        yield str(path).encode()
        if path.is_file():
            yield path.read_bytes()


def mails_below(home: Path) -> list[bytes]:
    """Every mail kept below a directory (Maildir) as its reader gets it: headers and texts, whatever their encoding."""
    kept = [email.message_from_bytes(path.read_bytes(), policy=default) for path in home.rglob("mail/new/*")]
    return [
        "\n".join(
            [*(f"{name}: {value}" for name, value in mail.items())]
            + [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        ).encode()
        for mail in kept
    ]


def told_by(error: BaseException) -> list[str]:
    """Everything an exception and those behind it say, to people and to programmers."""
    said, chain, seen = [], [error], set[int]()
    while chain:
        one = chain.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        said += [str(one), repr(one), repr(one.args), repr(vars(one))]
        chain += [behind for behind in (one.__cause__, one.__context__) if behind is not None]
    return said


def _escaped(value: bytes) -> Iterator[bytes]:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    for written in (quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]):
        if written != text:
            yield written.encode()


def _pieces(value: bytes, length: int) -> Iterator[bytes]:
    for start in range(max(len(value) - length + 1, 0)):
        yield value[start : start + length]
