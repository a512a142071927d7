"""A faultless invoice as a Kyrios backend sends it, and what tests do with it."""

import json
from typing import Any

import pytest

from domain.refusals import Fault, InvalidInput
from services.intake import read_invoice

Json = dict[str, Any]


def invoice(**changes: object) -> Json:
    """A faultless invoice, with some fields changed; `...` takes a field away."""
    return _changed(
        {
            "account_id": "kiwi-studio",
            "invoice_id": "inv-0001",
            "number": "INV-0001",
            "date": "2026-10-01",
            "due_date": "2026-10-21",
            "currency": "NZD",
            "url": "https://app.kyrios.example/invoices/inv-0001",
            "contact": {"id": "cus-001", "name": "Northgate Wines"},
            "lines": [line()],
            "totals": {"sub_total": "360.00", "total_tax": "54.00", "total": "414.00"},
        },
        changes,
    )


def line(**changes: object) -> Json:
    """A faultless line, with some fields changed; `...` takes a field away."""
    return _changed(
        {
            "description": "Website design",
            "quantity": "3",
            "unit_amount": "120.00",
            "taxes": [{"id": "gst", "rate": "15"}],
        },
        changes,
    )


def raw(sent: object) -> bytes:
    """The value as JSON text."""
    return json.dumps(sent).encode()


def faults_of(sent: object) -> tuple[Fault, ...]:
    """What is wrong with an invoice, given as bytes or as a value."""
    with pytest.raises(InvalidInput) as refusal:
        read_invoice(sent if isinstance(sent, bytes) else raw(sent))
    return refusal.value.faults


def pointers(sent: object) -> list[str]:
    """Where something is wrong."""
    return [fault.pointer for fault in faults_of(sent)]


def _changed(value: Json, changes: dict[str, object]) -> Json:
    return {name: kept for name, kept in {**value, **changes}.items() if kept is not ...}
