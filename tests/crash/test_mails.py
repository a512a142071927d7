"""A process dies on a mail's way out: each mail arrives, and a repeat is the very same mail."""

from collections.abc import Iterator

import msgspec
import pytest

from adapters.vault.secret import Secret
from services.bootstrap import Engine
from services.mailing.ready import LEASE
from tests.crash.conftest import StartChild
from tests.mail_server import mail_sink
from tests.services.mailing.post import Post
from tests.world import ACCOUNT, OWNER, World

pytestmark = pytest.mark.crash

SENDER = "xero@kyrios.example"


@pytest.fixture
def post(world: World) -> Iterator[Post]:
    """The test's world with a mail server, and a disconnection that is to be told."""
    with mail_sink() as sink:
        settings = msgspec.structs.replace(world.engine.settings, smtp_url=Secret(sink.url), mail_from=SENDER)
        engine = world.engine = Engine(settings, world.engine.database_url)
        engine.ring = world.rung.append
        post = Post(world, sink)
        engine.set_up.disconnect(ACCOUNT, OWNER)
        engine.projector.catch_up()
        world.later(31)
        yield post
        engine.close()


@pytest.mark.parametrize(
    ("point", "arrived", "left"),
    [("inside_mail", 0, "PENDING"), ("with_mail", 0, "LEASED"), ("mail_taken", 1, "LEASED"), ("after_mail", 1, "DONE")],
)
def test_a_death_on_the_way_of_a_mail_neither_loses_it_nor_makes_another_one(
    post: Post, child: StartChild, point: str, arrived: int, left: str
) -> None:
    dying = child(point, "mail", KYRIOS_XERO_SMTP_URL=post.sink.url, KYRIOS_XERO_MAIL_FROM=SENDER)
    dying.wait_at(point)
    dying.kill()
    assert (len(post.sink.taken), post.rows()[0]["state"]) == (arrived, left)
    if left == "LEASED":
        assert post.send(after=0) == [], "nobody touches a lease that runs"
    post.send(after=LEASE + 1)
    assert len(post.sink.taken) == (2 if point == "mail_taken" else 1)
    assert len({raw for _, raw in post.sink.taken}) == 1, "whoever keeps mails by their Message-ID keeps one"
    (told,) = post.told()
    assert told.message_id == post.sink.read()[0]["Message-ID"]
    assert post.send(after=7_200) == []
