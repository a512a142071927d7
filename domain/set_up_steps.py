"""The steps of set-up as a person goes through them, each with what is still missing. Pure.

Source: the article (open the settings, connect, choose organisation and chart of accounts, map tax rates, watch).
Opening the settings is where these steps are shown, so it is none of them.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from domain.account_settings import payments_are_recorded
from domain.causes import words
from domain.connection_events import PERMISSIONS
from domain.connection_state import Connection
from domain.gate import NAME_TAXES, holds_all, what_holds


class SetUpStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step: what it is called, and what is still missing of it in words. Nothing missing means it is done."""

    name: str
    missing: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def set_up_steps(state: Connection | None) -> tuple[SetUpStep, ...]:
    """All steps in their order; `state` is None for an account that was never connected.

    Nothing is sent before all but the last were done once; the last says what holds the connection back now. What
    stopped qualifying in Xero since leaves its step open. What holds back only some invoices says so.
    """
    known = state or Connection(account_id="")
    return tuple(SetUpStep(name=name, missing=tuple(missing(known))) for name, missing in _STEPS)


def _connecting(state: Connection) -> list[str]:
    if state.grant_id is None:
        return ["connect Xero"]
    return [words(state.drifted[PERMISSIONS])] if PERMISSIONS in state.drifted else []


def _organisation(state: Connection) -> list[str]:
    if state.organisation_id is None or (state.grant_id is not None and not state.xero_connection_id):
        return ["choose the organisation"]
    return _drifted(state, state.organisation_id)


def _accounts(state: Connection) -> list[str]:
    if state.default_line is None:
        return ["choose the account for lines"]
    needed = [one.account_id for one in (state.default_line, state.default_payment) if one]
    others = [one.account_id for one in state.also_allowed if one.account_id not in needed]
    drifted = [*_drifted(state, *dict.fromkeys(needed)), *_drifted_for_some(state, *others)]
    return [*_account_for_payments(state), *drifted]


def _account_for_payments(state: Connection) -> list[str]:
    if state.default_payment is not None or not payments_are_recorded(state.settings):
        return []
    return ["choose the account for payments (only paid invoices wait)"]


def _taxes(state: Connection) -> list[str]:
    if state.declared is None:
        return [NAME_TAXES]
    needed = [one for one in state.declared if one.tax_set.key not in state.mappings and one.tax_set.components]
    unmapped = [
        f"map {one.name}" + ("" if holds_all(state, one.tax_set) else " (only invoices that use it wait)")
        for one in needed
    ]
    return [*unmapped, *_drifted_for_some(state, *state.mappings)]


def _watching(state: Connection) -> list[str]:
    return [words(cause) for cause in what_holds(state)]


def _drifted(state: Connection, *references: str) -> list[str]:
    return [words(state.drifted[one]) for one in references if one in state.drifted]


def _drifted_for_some(state: Connection, *references: str) -> list[str]:
    return [f"{said} Only invoices that use it wait." for said in _drifted(state, *references)]


_STEPS: Final[tuple[tuple[str, Callable[[Connection], list[str]]], ...]] = (
    ("connect", _connecting),
    ("organisation", _organisation),
    ("accounts", _accounts),
    ("taxes", _taxes),
    ("watch", _watching),
)
