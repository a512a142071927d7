"""Where a connection stands, in one word, from its own events: what a person is told first. Pure."""

from typing import Literal

from domain.connection_state import Connection

Standing = Literal[
    "not_connected",
    "choosing",
    "setup_incomplete",
    "active",
    "disconnected",
    "authorisation_lost",
    "other_organisation",
]


def standing(state: Connection | None) -> Standing:
    """The word; pauses and the inactivity clock are no events of the connection and are told beside it."""
    if state is None or (state.grant_id is None and state.disconnected_for is None):
        return "not_connected"
    if state.disconnected_for is not None:
        return "authorisation_lost" if state.disconnected_for == "authorisation_lost" else "disconnected"
    if state.organisation_id is None:
        return "choosing"
    if state.gate_open:
        return "active"
    codes = {cause.code for cause in state.held_by}
    if "organisation_changed" in codes:
        return "other_organisation"
    if "organisation_in_use" in codes or not state.xero_connection_id:
        return "choosing"
    return "setup_incomplete" if "setup_incomplete" in codes or not state.opened_before else "active"
