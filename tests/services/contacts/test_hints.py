"""Xero's webhooks are hints: believed only if signed, and then no more than a reason to read contacts soon."""

import base64
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.vault.secret import Secret
from services.webhook_hints import WebhookHints
from tests.services.contacts.customers import read_contacts
from tests.services.contacts.test_reading import asked, reading_later, rows
from tests.world import World, organisation_id, world_on

KEY, OTHER = "s3cret+webhook/key==", "the-key-that-comes-next"
PROBE = b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "LUWDXQZTRKHJMNPGVBYS"}'


@pytest.fixture
def told(xero: Simulator, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world that takes webhooks signed with either of two keys; its contacts were read a minute and more ago."""
    with world_on(xero, database_url, tmp_path, KYRIOS_XERO_WEBHOOK_KEY=f"{KEY},{OTHER}") as world:
        world.set_up(link=False)
        read_contacts(world)
        world.engine.projector.catch_up()
        reading_later(world, 61)
        yield world


def signed(body: bytes, key: str = KEY) -> bytes:
    """The signature Xero would send."""
    return base64.b64encode(hmac.digest(key.encode(), body, sha256))


def event(category: str = "CONTACT", tenant: str | None = None, at: datetime | None = None, **more: Any) -> Any:
    """One event as Xero writes it."""
    when = (at or datetime.now(UTC) + timedelta(minutes=1)).replace(tzinfo=None)
    return {
        "resourceUrl": "https://api.xero.com/api.xro/2.0/Contacts/717f2bfc",
        "resourceId": "717f2bfc",
        "eventDateUtc": when.isoformat(timespec="milliseconds"),
        "eventType": "UPDATE",
        "eventCategory": category,
        "tenantId": organisation_id() if tenant is None else tenant,
        "tenantType": "ORGANISATION",
        **more,
    }


def tell(world: World, *events: Any) -> int:
    """Send events, rightly signed; the answer."""
    body = msgspec.json.encode({"events": events, "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "X"})
    return world.engine.webhook_hints.receive(body, signed(body))


def test_only_what_was_signed_with_one_of_our_keys_is_believed(told: World) -> None:
    receive, right = told.engine.webhook_hints.receive, signed(PROBE)
    assert receive(PROBE, right) == receive(PROBE, signed(PROBE, OTHER)) == 200
    wrong = [
        signed(PROBE, "another key"),
        signed(PROBE, base64.b64encode(KEY.encode()).decode()),
        right[:-1],
        right + b"=",
        right.swapcase(),
        bytes([right[0] ^ 1]) + right[1:],
        b"",
        b"\xff\xfe" + right[2:],
        "ключ".encode(),
        hmac.digest(KEY.encode(), PROBE, sha256).hex().encode(),
    ]
    assert [receive(PROBE, signature) for signature in wrong] == [401] * len(wrong)
    assert receive(PROBE.replace(b": 0", b":0"), right) == 401
    assert receive(b"", right) == 401
    assert WebhookHints(told.engine.store, told.engine.read, ()).receive(PROBE, right) == 401
    empty = signed(PROBE, "")
    assert receive(PROBE, empty) == 401


@pytest.mark.article("R6", "R10")
def test_a_change_of_a_contact_makes_its_organisations_reading_due_and_nothing_else_does(told: World) -> None:
    reader = told.engine.contact_reader
    quiet = [
        event("INVOICE"),
        event("CREDITNOTE"),
        event("SOMETHING_NEW"),
        event(tenant="00000000-1111-2222-3333-444444444444"),
        event(tenant=""),
        event(at=datetime(2020, 1, 1, tzinfo=UTC)),
        {},
    ]
    log = told.engine.store.head()
    assert [tell(told, one) for one in quiet] == [200] * len(quiet)
    assert tell(told) == 200
    assert reader.read_due() == 0
    assert tell(told, event(), event()) == tell(told, event()) == 200
    assert reader.read_due() == 1
    assert reader.read_due() == 0
    assert len(asked(told)) == 2
    assert told.engine.store.head() == log, "a hint is no event, and reading nothing new is none"


def test_a_hint_that_comes_while_contacts_are_read_is_followed_after_a_minute(told: World) -> None:
    reader = told.engine.contact_reader
    tell(told, event())
    assert reader.read_due() == 1
    tell(told, event())
    assert reader.read_due() == 0
    reading_later(told, 61)
    assert reader.read_due() == 1
    reading_later(told, 61)
    assert reader.read_due() == 0


def test_a_time_nobody_can_read_counts_as_new(told: World) -> None:
    assert tell(told, event(eventDateUtc="yesterday"), event(at=datetime(2020, 1, 1, tzinfo=UTC))) == 200
    assert told.engine.contact_reader.read_due() == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"events": 1}', b'{"events": [{"tenantId": 5}]}', b"\xff", b"[" * 100_000, b'{"a":' * 50_000],
)
def test_what_is_signed_and_cannot_be_read_is_taken_and_means_nothing(told: World, body: bytes) -> None:
    assert told.engine.webhook_hints.receive(body, signed(body)) == 200
    assert rows(told, "contact_reading")[0]["hinted_at"] is None


def test_the_keys_are_secrets(told: World) -> None:
    assert all(isinstance(key, Secret) for key in told.engine.settings.webhook_key or ())
    assert told.engine.settings.redacted()["KYRIOS_XERO_WEBHOOK_KEY"] == "*** ***"
