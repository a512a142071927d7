"""A process with several threads that all want an access token of one grant at the same moment, again and again.

python -m tests.processes.token_caller '{"xero_url": …, "threads": 10}'; each line on standard input is one round, and
each round is answered with one line: what every thread got, a token's version or the name of an error.
"""

import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Final
from uuid import uuid4

import msgspec

from adapters.xero.errors import XeroError
from adapters.xero.tokens import TokenSource
from domain import connection as connections
from domain.connection import Connection
from domain.streams import connection_id
from services.bootstrap import Engine
from services.lost_connection import LostConnection
from tests.world import ACCOUNT, settings_for

HASTE: Final = 0.25
"""Those who wait for another's refresh look again so much sooner than in production, to keep the test short."""
PATIENCE: Final = 60.0
"""Fifty callers are to be told of the same refresh, however slow the machine is."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Where to work, and with how many threads."""

    xero_url: str
    database_url: str
    home: str
    threads: int


def call(engine: Engine, tokens: TokenSource, lost: LostConnection, known: Connection, together: Barrier) -> str:
    """One caller's try; it hears what the error says of the connection, as a worker would."""
    assert known.grant_id is not None, "the account was connected when we started"
    together.wait(60)
    try:
        return str(tokens.access_token(known.grant_id).version)
    except XeroError as error:
        lost.hear(known, error)
        return type(error).__name__


def main(order: Order) -> None:
    """Answer round after round, until there is no further one."""
    settings = settings_for(order.xero_url, order.database_url, Path(order.home))
    engine = Engine(settings, order.database_url)
    tokens = TokenSource(
        engine.grants, engine.oauth, patience=PATIENCE, wait=lambda seconds: time.sleep(seconds * HASTE)
    )
    lost = LostConnection(engine.store, engine.session_of, uuid4)
    known = engine.store.load(connection_id(ACCOUNT), connections.evolve)
    assert known is not None
    _say("ready")
    together = Barrier(order.threads)
    with ThreadPoolExecutor(order.threads) as callers:
        for _ in sys.stdin:
            said = callers.map(
                lambda _: call(engine, tokens, lost, known, together),
                range(order.threads),
            )
            _say(msgspec.json.encode(Counter(said)).decode())
    engine.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Order))
