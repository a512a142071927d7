"""Opening an engine on its settings, with the database it needs, and closing it again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.embedded_postgres import Cluster
from adapters.xero.wire import quiet_http_logs
from services.bootstrap.engine import Engine
from services.bootstrap.parts import REAL_PARTS, Parts
from services.clock import check_clock
from services.migrations import check_at_head, migrate
from services.settings import Settings


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The address of the database: the one that is set, or the embedded one, started for as long as it is used."""
    if settings.database_url is not None:
        yield settings.database_url.reveal()
        return
    with Cluster(settings.home / "postgres", bin_dir=settings.pg_bin) as cluster:
        url = cluster.url()
        migrate(url)
        yield url


@contextmanager
def open_engine(settings: Settings, parts: Parts = REAL_PARTS) -> Iterator[Engine]:
    """An engine on these settings, closed on leaving. An embedded database is migrated, any other must be at head."""
    configure_logging(settings.log_level)
    with open_database(settings) as database_url:
        check_at_head(database_url)
        check_clock(database_url, settings)
        engine = Engine(settings, database_url, parts)
        try:
            yield engine
        finally:
            engine.close()


def configure_logging(level: str, file: Path | None = None) -> None:
    """Log to standard error, or to a file; of the libraries, only warnings are kept."""
    logging.basicConfig(level=level, filename=file, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("alembic", "dramatiq"):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    # Of our own mail server nothing at all: it names whom mails go to.
    logging.getLogger("mail").setLevel(logging.CRITICAL)
    quiet_http_logs()
