"""Steering: faults, clock, options, consent, tokens."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from adapters.simulator.faults.script import FaultOrder
from adapters.simulator.identity.consent import DEFAULT_USER, PageRefused
from adapters.simulator.ledger.documents import Document
from adapters.simulator.options import Behaviour
from adapters.simulator.world import World


def list_faults(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """All ordered faults with how often each was seen, matched, fired and completed."""
    return {"faults": [fault.shown() for fault in world.faults.listed()]}


def order_fault(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Order a fault; answers it with its id."""
    return world.faults.order(msgspec.convert(body, FaultOrder, strict=False)).shown()


def clear_faults(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Forget all faults, or with ``fault=ID`` this one; held answers leave."""
    wanted = int(asked["fault"]) if "fault" in asked else None
    if wanted is not None and world.faults.find(wanted) is None:
        raise LookupError(f"there is no fault {wanted}")
    world.faults.clear(wanted)
    return list_faults(world, asked, body)


def release(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Let held (and slow) answers of one fault, or of all, leave now; later ones are not held either."""
    wanted = _object(body).get("fault")
    released = [fault for fault in world.faults.listed() if wanted is None or fault.id == wanted]
    if wanted is not None and not released:
        raise LookupError(f"there is no fault {wanted}")
    for fault in released:
        fault.released.set()
    return {"released": [fault.id for fault in released]}


def read_clock(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """What time it is here, and how the clock is set."""
    return {"now": world.clock.now().isoformat(), "setting": world.clock.setting()}


def set_clock(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """``{"now": iso}`` stops the clock there, ``{"advance_seconds": n}`` jumps, ``{"real": true}`` is real time."""
    match _object(body):
        case {"now": str(text)}:
            wanted = datetime.fromisoformat(text)
            world.clock.stand_at(wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC))
        case {"advance_seconds": seconds} if not isinstance(seconds, bool | str | None):
            world.clock.advance(float(seconds))
        case {"real": True}:
            world.clock.run_real()
        case _:
            raise ValueError('send {"now": ISO time}, {"advance_seconds": number} or {"real": true}')
    world.ledger.remember("clock", world.clock.setting())
    return read_clock(world, asked, body)


def read_options(world: World, asked: Mapping[str, str], body: Any) -> Any:
    """All named options."""
    return msgspec.to_builtins(world.behaviour)


def change_options(world: World, asked: Mapping[str, str], body: Any) -> Any:
    """Change the named ones, keep the others."""
    merged = {**msgspec.to_builtins(world.behaviour), **_object(body)}
    world.behaviour = msgspec.convert(merged, Behaviour, strict=False)
    return read_options(world, asked, body)


def give_consent(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """Do what the form does with ``{"authorize_url", "decision": "allow"|"deny", "tenant_ids": [..], "user"}``."""
    given = _object(body)
    url, decision = str(given.get("authorize_url", "")), given.get("decision", "allow")
    wanted = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    tenant_ids = given.get("tenant_ids", world.books.tenants()[:1])
    if decision not in ("allow", "deny") or not isinstance(tenant_ids, list):
        raise ValueError("decision must be allow or deny, tenant_ids a list")
    consent = world.identity.consent
    try:
        consent.check(wanted, world.redirect_uris, world.behaviour)
        if decision == "deny":
            return {"redirect": consent.deny(wanted)}
        return {"redirect": consent.allow(wanted, [str(t) for t in tenant_ids], str(given.get("user", DEFAULT_USER)))}
    except PageRefused as refused:
        raise ValueError(str(refused)) from None


def expire_tokens(world: World, asked: Mapping[str, str], body: Any) -> Document:
    """All access tokens end now."""
    return {"expired": world.identity.tokens.expire_access_tokens()}


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValueError("the body must be an object")
    return body
