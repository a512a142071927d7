"""The books in memory are the books on disk, also when a transaction comes to nothing."""

from pathlib import Path

import pytest

from adapters.simulator.ledger.books import Books
from adapters.simulator.ledger.database import Ledger

TENANT = "t"


def test_what_a_transaction_wrote_is_forgotten_when_it_is_undone(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    books = Books(ledger)
    books.put(TENANT, "currencies", {"Code": "NZD"}, 1)
    with pytest.raises(TypeError), ledger.transaction():
        books.put(TENANT, "currencies", {"Code": "AUD"}, 2).clear(1)  # type: ignore[call-arg]
    assert list(books.shelf(TENANT, "currencies")) == ["NZD"]
    ledger.close()


def test_new_objects_take_their_place_in_the_order_of_keys(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    books = Books(ledger)
    for code in ("NZD", "AUD", "USD"):
        books.put(TENANT, "currencies", {"Code": code}, 1)
    assert list(books.shelf(TENANT, "currencies")) == ["AUD", "NZD", "USD"]
    assert list(Books(ledger).shelf(TENANT, "currencies")) == ["AUD", "NZD", "USD"]
    ledger.close()


def test_somebody_who_reads_is_not_disturbed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    books = Books(ledger)
    books.put(TENANT, "currencies", {"Code": "NZD"}, 1)
    for code in books.shelf(TENANT, "currencies"):
        books.put(TENANT, "currencies", {"Code": code + "X"}, 2)
    assert list(books.shelf(TENANT, "currencies")) == ["NZD", "NZDX"]
    ledger.close()
