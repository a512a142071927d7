"""Stream ids are storage formats: these literals were computed once and never change."""

import datetime as dt
from typing import Final
from uuid import UUID

from domain import streams

OCTOBER: Final = dt.datetime(2026, 10, 31, 23, 59, 59, tzinfo=dt.UTC)


def test_the_namespaces_never_change() -> None:
    assert [UUID(f"8d0a6c1e-6f3c-5b1f-9a53-0f6a3d0e7c0{n}") for n in range(1, 6)] == [
        streams.CONNECTION,
        streams.INVOICE,
        streams.CONTACT_LINK,
        streams.CONTACT_SYNC,
        streams.ALERTS,
    ]


def test_stream_ids_never_change() -> None:
    assert streams.connection_id("kiwi-studio") == UUID("2c9500dc-4944-5d68-a0f5-bac11e6747c2")
    assert streams.invoice_stream("kiwi-studio", "inv-0001") == UUID("113259f2-daab-55a1-bafd-5f8a05359eb1")
    assert streams.contact_link_stream("kiwi-studio", "cus-001") == UUID("6ea652c5-37d4-516d-8235-456a42fd6e0f")
    assert streams.contact_sync_stream("kiwi-studio", OCTOBER) == UUID("c0a9c4ae-37a9-575b-b6f7-b0eb53fe9d7e")
    assert streams.alerts_stream("kiwi-studio", OCTOBER) == UUID("660baedc-07cb-5c05-b4e9-068812b02375")


def test_the_same_name_means_another_stream_in_each_kind() -> None:
    ids = {
        streams.connection_id("a/b"),
        streams.invoice_stream("a", "b"),
        streams.contact_link_stream("a", "b"),
    }
    assert len(ids) == 3


def test_a_stream_by_month_begins_anew_each_month() -> None:
    november = OCTOBER + dt.timedelta(seconds=1)
    assert streams.alerts_stream("kiwi-studio", november) != streams.alerts_stream("kiwi-studio", OCTOBER)
    assert streams.contact_sync_stream("kiwi-studio", OCTOBER.replace(day=1)) == streams.contact_sync_stream(
        "kiwi-studio", OCTOBER
    )
