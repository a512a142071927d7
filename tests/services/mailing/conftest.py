"""A world whose mails go to a real mail server of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from tests.mail_server import MailSink, mail_sink
from tests.services.inactivity.days import begin_an_hour, world_of_days
from tests.services.mailing.post import Post
from tests.world import REAL_PARTS


@pytest.fixture
def sink() -> Iterator[MailSink]:
    """A mail server."""
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def post(xero: Simulator, database_url: str, tmp_path: Path, sink: MailSink) -> Iterator[Post]:
    """A world that is set up, whose account tells its owner; an hour has just begun."""
    more = {"KYRIOS_XERO_SMTP_URL": sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
    with world_of_days(xero, database_url, tmp_path, REAL_PARTS, **more) as world:
        begin_an_hour(world)
        world.set_up()
        yield Post(world, sink)
