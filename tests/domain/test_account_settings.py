"""The settings of an account: what each takes, how it is stored and read; and none switches tax mapping off."""

from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest

from domain.account_settings import (
    MAIL_KINDS,
    SETTINGS,
    alerts_off,
    checked_setting,
    contact_poll_of,
    inactivity_of,
    what_it_does,
)
from domain.connection import SettingsChanged, change_setting, what_holds
from domain.preflight import causes_against
from domain.refusals import InvalidInput
from tests.domain.connection_history import ALL_MAPPED
from tests.examples import DECLARED_GST, DOCUMENT, GST, STANDING, open_connection_state
from tests.given import fact, given

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "sync_from": ("2026-04-01",),
    "accounts.line": ("payment_enabled", "revenue"),
    "tax.gate": ("all_active", "used_on_invoice"),
    "rounding": ("line_tax", "block"),
    "contact.create": ("on", "off"),
    "contact.name_clash": ("ask",),
    "contact.poll": ("5 min", "24 h"),
    "payments.record": ("on", "off"),
    "inactivity.days": ("14", "365"),
    "inactivity.warn": ("30, 5",),
    "alerts.off": ("none", ", ".join(MAIL_KINDS)),
}
"""Of each setting, values at the ends of what it takes."""


def test_every_setting_has_a_default_it_takes_itself_and_says_what_it_does() -> None:
    assert SETTINGS.keys() == VALUES.keys()
    for name, default in SETTINGS.items():
        assert what_it_does(name).endswith(".")
        assert name == "sync_from" or checked_setting(name, default) == default
        assert [checked_setting(name, value) for value in VALUES[name]] == list(VALUES[name])


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("contact.poll", "4 min", "from 5 min to 24 h"),
        ("contact.poll", "25 h", "from 5 min to 24 h"),
        ("contact.poll", "30", "such as 30 min"),
        ("contact.poll", "٣٠ min", "such as 30 min"),
        ("contact.name_clash", "suffix", "contact.name_clash is ask"),
        ("inactivity.days", "13", "from 14 to 365"),
        ("inactivity.days", "366", "from 14 to 365"),
        ("inactivity.days", "60.0", "whole number"),
        ("inactivity.days", "never", "whole number"),
        ("inactivity.warn", "", "one or more"),
        ("inactivity.warn", "14,,1", "one or more"),
        ("inactivity.warn", "0", "one or more"),
        ("inactivity.warn", "365", "from 1 to 364"),
        ("alerts.off", "disconnected", "is always told"),
        ("alerts.off", "all", "none, or some of invoices, reviews, "),
        ("alerts.off", "", "none, or some of"),
        ("accounts.line", "any", "payment_enabled or revenue"),
    ],
)
def test_what_a_setting_does_not_take_is_refused_with_what_it_takes(name: str, value: str, says: str) -> None:
    refusal = given(*ALL_MAPPED).when(change_setting, name, value).then_refused(InvalidInput, says)
    assert [fault.pointer for fault in refusal.faults] == ["/value"]


@pytest.mark.parametrize(
    ("name", "said", "stored"),
    [
        ("contact.poll", "60 min", "1 h"),
        ("contact.poll", "90min", "90 min"),
        ("inactivity.warn", "1,7,  14,7", "14, 7, 1"),
        ("alerts.off", "recovered,invoices", "invoices, recovered"),
    ],
)
def test_the_same_value_in_other_words_is_the_same_value(name: str, said: str, stored: str) -> None:
    assert checked_setting(name, said) == stored


def test_the_value_a_setting_has_is_no_news_whether_chosen_or_by_default() -> None:
    for name, default in SETTINGS.items():
        if name != "sync_from":
            given(*ALL_MAPPED).when(change_setting, name, default).then_nothing()
    given(*ALL_MAPPED).when(change_setting, "sync_from", "2026-10-01").then_nothing()
    slow = fact(SettingsChanged, name="contact.poll", value="2 h")
    given(*ALL_MAPPED).when(change_setting, "contact.poll", "120 min").then(slow)
    given(*ALL_MAPPED, slow).when(change_setting, "contact.poll", "2 h").then_nothing()


def test_inactivity_is_sixty_days_with_three_warnings_unless_chosen() -> None:
    assert msgspec.structs.astuple(inactivity_of({})) == (60, (14, 7, 1))
    chosen = inactivity_of({"inactivity.days": "14", "inactivity.warn": "14, 7, 1"})
    assert (chosen.days, chosen.warn) == (14, (7, 1))


def test_polls_and_unwanted_mails_are_read_as_what_they_are() -> None:
    assert contact_poll_of({}) == timedelta(minutes=30)
    assert contact_poll_of({"contact.poll": "2 h"}) == timedelta(hours=2)
    assert alerts_off({}) == frozenset()
    assert alerts_off({"alerts.off": "invoices, recovered"}) == {"invoices", "recovered"}


@pytest.mark.article("R22")
def test_no_value_of_any_setting_lets_an_unmapped_tax_go() -> None:
    unmapped = msgspec.structs.replace(open_connection_state(), declared=(DECLARED_GST,), mappings={})
    assert GST.key in DOCUMENT.taxes()
    for name, values in VALUES.items():
        for value in values:
            chosen: dict[str, Any] = unmapped.settings | {name: value}
            state = msgspec.structs.replace(unmapped, settings=chosen)
            held = [cause.code for cause in what_holds(state)]
            against = [cause.code for cause in causes_against(DOCUMENT, state, STANDING)]
            assert "tax_set_unmapped" in against, f"{name}={value}"
            assert held == ([] if value == "used_on_invoice" else ["tax_mapping_incomplete"]), f"{name}={value}"
