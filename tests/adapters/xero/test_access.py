"""Tokens that expire, fences, removed connections and missing rights, over HTTP against the simulator."""

from uuid import uuid4

import pytest

from adapters.vault.secret import Secret
from adapters.xero.errors import (
    NotConnected,
    NotFound,
    PermissionMissing,
    Unauthorised,
)
from adapters.xero.invoice_mapping import body_of
from adapters.xero.session import XeroSession
from tests.adapters.vault.given_grants import store
from tests.adapters.xero.invoices import document, fragment, held, put
from tests.adapters.xero.simulated import ORGANISATION, World


class Fenced(Exception):
    """The caller's own reason not to send."""


def test_an_expired_token_is_refreshed_and_the_call_sent_once_more_with_its_key(
    session: XeroSession, world: World
) -> None:
    world.control.post("/expire_tokens")
    key = str(uuid4())
    session.put_invoices(body_of([fragment(document("INV-1"))]), key)
    sent = world.control.requests("/Invoices")
    assert [request["status"] for request in sent] == [401, 200]
    assert {request["idempotency_key"] for request in sent} == {key}
    assert len({request["body_sha256"] for request in sent}) == 1
    assert held(world) == ["INV-1"]


def test_a_token_refused_again_after_a_refresh_is_not_refreshed_for_ever(session: XeroSession, world: World) -> None:
    world.control.fault("token_expired", times=None)
    with pytest.raises(Unauthorised, match="TokenExpired"):
        put(session, "INV-1")
    assert len(world.control.requests("/Invoices")) == 2


def test_the_callers_fence_is_asked_before_every_sending(session: XeroSession, world: World) -> None:
    asked: list[int] = []
    world.control.post("/expire_tokens")
    session.put_invoices(
        body_of([fragment(document("INV-1"))]), str(uuid4()), before_send=lambda: asked.append(len(asked))
    )
    assert asked == [0, 1]


def test_nothing_is_sent_once_the_callers_fence_is_down(session: XeroSession, world: World) -> None:
    def fence() -> None:
        raise Fenced

    with pytest.raises(Fenced):
        session.put_invoices(body_of([fragment(document("INV-1"))]), str(uuid4()), before_send=fence)
    assert not world.control.requests("/Invoices")


def test_a_connection_removed_inside_xero_is_noticed(session: XeroSession, world: World) -> None:
    world.control._http.delete(f"/organisations/{ORGANISATION}/connection").raise_for_status()
    with pytest.raises(NotConnected):
        put(session, "INV-1")
    assert session.connections() == ()


def test_a_connection_is_deleted_once_and_then_gone(session: XeroSession) -> None:
    connection = session.connections()[0]
    assert session.delete_connection(connection.connection_id).status == 204
    with pytest.raises(NotFound):
        session.delete_connection(connection.connection_id)


def test_an_id_that_is_no_id_never_reaches_a_path(session: XeroSession) -> None:
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        session.delete_connection("../api.xro/2.0/Invoices")


def test_a_missing_scope_is_told_apart_from_a_dead_token(world: World) -> None:
    request = world.oauth.ask_for_consent()
    narrow = request.url.reveal().replace("+accounting.invoices", "").replace("%20accounting.invoices", "")
    assert narrow != request.url.reveal()
    callback = world.control.post(
        "/consent", authorize_url=narrow, decision="allow", tenant_ids=[ORGANISATION], user="narrow"
    )
    answer = world.oauth.exchange(Secret(callback["redirect"]), state=request.state, verifier=request.verifier)
    store(world.grants, grant_id=world.grant_id, account_id="a", xero_user_id="narrow", tokens=answer.tokens,
        access_life=answer.access_life,
    )  # fmt: skip
    with pytest.raises(PermissionMissing):
        put(world.session(), "INV-1")
    assert len(world.control.requests("/Invoices")) == 1
