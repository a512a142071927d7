"""Use case: replay an export into an empty database, so that its states can be looked at with the same commands.

The file is read twice: once to check all of it, once to store it. Nothing is sent from such a database: it has no
entries, no tokens and no texts.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from eventsourcing.persistence import MapperDeserialisationError
from sqlalchemy import create_engine

from adapters.event_store import recorded_events
from adapters.event_store.mapper import RegistryMapper
from adapters.event_store.recorded_events import RecordedEvent
from domain.refusals import Fault, InvalidInput, NotPossible
from services.audit.export_form import FORMAT, VERSION, AnyLine, End, Head, Line
from services.database import sqlalchemy_url
from services.migrations import migrate
from services.proof.rebuild import rebuild

LONGEST_LINE: Final = 16 * 1024 * 1024
Progress = Callable[[int], None]
"""Told how many events are stored so far."""


def check(file: Path) -> tuple[Head, End]:
    """Read a whole export and check it: form, digest, order, no gap in any stream, every event readable.

    Raises InvalidInput that names the line, OSError.
    """
    mapper, versions, digest = RegistryMapper(), dict[UUID, int](), hashlib.sha256()
    head: Head | None = None
    end: End | None = None
    last = number = 0
    for number, (line, written) in enumerate(_lines(file), 1):
        if end is not None:
            raise _wrong(number, "nothing may follow the last line")
        if (number == 1) != isinstance(line, Head):
            raise _wrong(number, "an export begins with one line that says what it is")
        match line:
            case Head():
                head = _readable(line)
            case Line():
                last = _in_order(line, number, last, versions, head)
                _event(line, number, mapper, head)
            case End():
                end = _whole(line, number, digest.hexdigest(), sum(versions.values()), last)
        digest.update(written)
    if head is None or end is None:
        raise _wrong(number + 1, "the file ends early: its last line, with the digest, is missing")
    return head, end


def import_export(file: Path, database_url: str, progress: Progress = lambda stored: None) -> tuple[Head, End]:
    """Check an export and store it in an empty database, which gets the newest schema; all of it or nothing.

    Its projections are built, too, so that its states can be looked at, and verified. Raises InvalidInput for a file
    that was changed or is not a whole history, NotPossible for a database in use.
    """
    head, end = check(file)
    if not head.chosen.everything:
        raise InvalidInput(Fault("", f"{file} holds a choice of events; only a whole history can be replayed"))
    with psycopg.connect(database_url) as connection:
        if recorded_events.anything_in(connection):
            raise NotPossible("the database is not empty, so nothing was written; name an empty one")
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        if recorded_events.anything_in(connection):
            raise NotPossible("somebody wrote into the database meanwhile, so nothing was written")
        stored = recorded_events.store(connection, _told(_rows(file), progress))
        if stored != end.events:
            raise NotPossible("the file changed while it was read, so nothing was written")
        recorded_events.mark_copy(connection, str(head.account_id), end.last)
    _project(database_url)
    return head, end


def _project(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url), hide_parameters=True)
    try:
        rebuild(engine)
    finally:
        engine.dispose()


def _rows(file: Path) -> Iterator[RecordedEvent]:
    for line, _ in _lines(file):
        if isinstance(line, Line):
            body = bytes(line.body)
            yield RecordedEvent(line.position, line.stream_id, line.version, line.topic, body, line.recorded_at)


def _told(rows: Iterator[RecordedEvent], progress: Progress) -> Iterator[RecordedEvent]:
    for number, row in enumerate(rows):
        if not number % 1_000:
            progress(number)
        yield row


def _lines(file: Path) -> Iterator[tuple[AnyLine, bytes]]:
    decoder: Any = msgspec.json.Decoder(AnyLine)
    with file.open("rb") as lines:
        number = 0
        while written := lines.readline(LONGEST_LINE + 1):
            number += 1
            if len(written) > LONGEST_LINE:
                raise _wrong(number, "is longer than any line of an export")
            try:
                yield decoder.decode(written), written
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise _wrong(number, f"is no line of an export: {error}") from None


def _readable(head: Head) -> Head:
    if head.format != FORMAT or head.version != VERSION:
        raise _wrong(1, f"this is {head.format} {head.version}; {FORMAT} {VERSION} can be read")
    return head


def _in_order(line: Line, number: int, last: int, versions: dict[UUID, int], head: Head | None) -> int:
    if line.position <= last:
        raise _wrong(number, f"position {line.position} comes after {last}")
    versions[line.stream_id] = version = versions.get(line.stream_id, 0) + 1
    if head is not None and head.chosen.everything and line.version != version:
        raise _wrong(number, f"stream {line.stream_id} lacks its version {version}")
    return line.position


def _event(line: Line, number: int, mapper: RegistryMapper, head: Head | None) -> None:
    assert head is not None, "the first line is the head"
    try:
        event = mapper.event_of(line.stream_id, line.version, line.topic, bytes(line.body))
    except MapperDeserialisationError as error:
        raise _wrong(number, f"cannot be replayed: {error}") from None
    if event.account_id != head.account_id:
        raise _wrong(number, f"is of account {event.account_id}, the export of {head.account_id}")


def _whole(end: End, number: int, digest: str, events: int, last: int) -> End:
    if end.sha256 != digest:
        raise _wrong(number, "the file was changed: its lines do not have the digest it names")
    if (end.events, end.last) != (events, last):
        raise _wrong(number, f"events it names: {end.events:,}; events there: {events:,}")
    return end


def _wrong(number: int, says: str) -> InvalidInput:
    return InvalidInput(Fault("", f"line {number}: {says}"))
