"""Linking contacts: which Xero contact stands for a Kyrios contact."""

import threading
from pathlib import Path

import pytest

from domain import contact_link
from domain.contact_link import ContactLink
from domain.refusals import NotPossible
from domain.streams import contact_link_stream
from tests.services.engines import Alone, alone
from tests.world import ACCOUNT, BACKEND, OWNER, World, contact_links


def link_of(world: World, contact_id: str) -> ContactLink | None:
    """The link of a contact."""
    return world.engine.store.load(contact_link_stream(ACCOUNT, contact_id), contact_link.evolve)


def test_a_link_says_which_xero_contact_stands_for_a_kyrios_contact(world: World) -> None:
    assert world.engine.contact_links.link(ACCOUNT, {"cus-new": "xero-1"}, OWNER) == 1
    link = link_of(world, "cus-new")
    assert link is not None
    assert link.xero_contact_id == "xero-1"


def test_linking_what_is_linked_says_nothing_new(world: World) -> None:
    head = world.engine.store.head()
    assert world.engine.contact_links.link(ACCOUNT, contact_links(), BACKEND) == 0
    assert world.engine.store.head() == head


def test_a_link_to_another_contact_replaces_the_one_before(world: World) -> None:
    for xero in ("xero-1", "xero-2"):
        assert world.engine.contact_links.link(ACCOUNT, {"cus-new": xero}, OWNER) == 1
    link = link_of(world, "cus-new")
    assert link is not None
    assert link.xero_contact_id == "xero-2"


def test_a_thousand_links_are_one_append(world: World) -> None:
    links = {f"cus-{number}": f"xero-{number}" for number in range(1_000)}
    assert world.engine.contact_links.link(ACCOUNT, links, BACKEND) == 1_000
    assert world.engine.contact_links.link(ACCOUNT, links, BACKEND) == 0


def test_contacts_cannot_be_linked_before_an_organisation_is_chosen(database_url: str, tmp_path: Path) -> None:
    with alone(database_url, tmp_path) as kyrios, pytest.raises(NotPossible, match="no organisation is chosen"):
        kyrios.engine.contact_links.link(ACCOUNT, {"cus-1": "xero-1"}, OWNER)


def test_two_who_link_the_same_contacts_at_once_both_succeed(database_url: str, tmp_path: Path) -> None:
    links, new, start = {f"cus-{number}": "xero-1" for number in range(20)}, list[int](), threading.Barrier(2)
    with alone(database_url, tmp_path) as one, alone(database_url, tmp_path) as other:
        one.open_gate()

        def link(kyrios: Alone) -> None:
            start.wait()
            new.append(kyrios.engine.contact_links.link(ACCOUNT, links, OWNER))

        threads = [threading.Thread(target=link, args=(kyrios,)) for kyrios in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(new) == [0, 20]
