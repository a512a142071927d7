"""What a command says of rights that a consent lacks, and what is to be done about it."""

from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, OWNER, World


def test_a_setting_that_needs_a_right_the_consent_was_not_asked_for_says_that_a_reconnect_is_needed(
    world: World, kyrios_in_world: Kyrios
) -> None:
    world.engine.set_up.change_setting(ACCOUNT, "payments.record", "off", OWNER)
    world.consent(user="the new bookkeeper")
    said = kyrios_in_world("connections", "set", ACCOUNT, "payments.record", "on", "--yes").output
    assert "Xero did not grant a right we need: recording payments. Reconnect" in said
    assert f"kyrios-xero connections connect {ACCOUNT}" in said
    assert not world.engine.set_up.connection(ACCOUNT).gate_open
    world.consent(user="the new bookkeeper")
    assert world.engine.set_up.connection(ACCOUNT).gate_open
