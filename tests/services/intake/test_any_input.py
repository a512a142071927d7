"""Whatever is sent, the answer is an invoice or InvalidInput; never another error."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.refusals import InvalidInput
from domain.totals import totals_of
from services.intake import read_invoice
from tests.services.intake.sent import invoice, line, raw

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(alphabet=st.characters(), max_size=8),
    st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,5})?", fullmatch=True),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
LINES = st.builds(
    line,
    quantity=st.from_regex(r"-?[0-9]{1,10}(\.[0-9]{1,4})?", fullmatch=True),
    unit_amount=st.from_regex(r"-?[0-9]{1,10}(\.[0-9]{1,4})?", fullmatch=True),
    discount_rate=st.sampled_from([..., "0", "12.5", "100"]),
    discount_amount=st.sampled_from([..., "0.01", "9999999999.99"]),
)


def survives(sent: bytes) -> None:
    """Reads, and uses what was read as preflight will."""
    try:
        read = read_invoice(sent)
    except InvalidInput as refusal:
        str(refusal).encode()
    else:
        totals_of(read.document, lambda tax_set: tax_set.effective_rate)


@given(st.binary())
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    survives(sent)


@given(JSON)
def test_any_json_is_read_or_refused(sent: object) -> None:
    survives(raw(sent))


@settings(max_examples=200)
@given(st.data())
def test_an_invoice_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    sent = invoice(command_id="c", reference="r", payments=[])
    place: Any = sent
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    survives(raw(sent))


@given(st.data())
def test_an_invoice_damaged_on_the_way_is_read_or_refused(data: st.DataObject) -> None:
    sent = bytearray(json.dumps(invoice()).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(sent))


@given(st.lists(LINES, min_size=1, max_size=3))
def test_amounts_of_any_size_never_overflow_the_arithmetic(lines: list[dict[str, Any]]) -> None:
    survives(raw(invoice(lines=lines)))
