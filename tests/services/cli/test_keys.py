"""`keys`: people see which keys are needed, never a key; everything is sealed anew by one command."""

import base64
import json
from typing import Final
from uuid import uuid4

import pytest

from adapters.vault.keyring import Keyring
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.secret import Secret
from domain.event import Actor
from tests.services.cli.conftest import Kyrios, runner
from tests.services.cli.program import running, variables_of
from tests.world import ACCOUNT, KEYS, World

NEW: Final = "new-1:" + base64.b64encode(b"n" * 32).decode()
BOTH: Final = f"{NEW},{KEYS}"


@pytest.fixture
def kyrios(world: World) -> Kyrios:
    """The program on a world whose account has a key of its own as well."""
    world.engine.account_keys.get(ACCOUNT)
    return runner(variables_of(world))


def test_keys_are_shown_by_their_ids_with_what_needs_them(kyrios: Kyrios) -> None:
    out = kyrios("keys", "show", KYRIOS_XERO_SECRET_KEYS=BOTH).stdout
    heads, new, old = out.splitlines()
    assert heads.split() == ["key", "is", "account", "keys", "grants", "pending", "consents"]
    assert new.split() == ["new-1", "seals", "and", "opens", "0", "0", "0"]
    assert old.split() == ["test-1", "opens", "1", "1", "0"]
    said = json.loads(kyrios("keys", "show", "--json", KYRIOS_XERO_SECRET_KEYS=BOTH).stdout)
    assert [(key["key_id"], key["primary"], key["needed"]) for key in said] == [
        ("new-1", True, 0),
        ("test-1", False, 2),
    ]
    for key in BOTH.split(","):
        assert key.partition(":")[2] not in out


def test_after_a_rotation_the_old_key_may_go(kyrios: Kyrios) -> None:
    out = kyrios("keys", "rotate", KYRIOS_XERO_SECRET_KEYS=BOTH).stdout
    assert out == "2 rows sealed anew under new-1.\nNo other key is needed any more.\n"
    shown = kyrios("keys", "show", KYRIOS_XERO_SECRET_KEYS=BOTH).stdout
    assert "test-1 opens, not needed" in " ".join(shown.split())
    kyrios("connections", "refresh", ACCOUNT, KYRIOS_XERO_SECRET_KEYS=NEW)
    said = json.loads(kyrios("keys", "rotate", "--json", KYRIOS_XERO_SECRET_KEYS=NEW).stdout)
    assert said == {"key_id": "new-1", "done": 0, "unreadable": 0, "still_needed": []}


def test_a_command_that_needs_a_missing_key_says_which_and_one_that_does_not_goes_on(kyrios: Kyrios) -> None:
    kyrios("status", KYRIOS_XERO_SECRET_KEYS=NEW)
    for command in (("keys", "rotate"), ("connections", "refresh", ACCOUNT)):
        said = kyrios(*command, code=78, KYRIOS_XERO_SECRET_KEYS=NEW).stderr
        assert "KYRIOS_XERO_SECRET_KEYS lacks the key test-1" in said
        assert "(account keys: 1, grants: 1)" in said
    shown = kyrios("keys", "show", code=1, KYRIOS_XERO_SECRET_KEYS=NEW).stdout
    assert "test-1 MISSING" in " ".join(shown.split())


def test_a_worker_does_not_start_without_a_key_that_is_needed(world: World) -> None:
    for command in ("worker", "ticker"):
        with running(command, **variables_of(world, KYRIOS_XERO_SECRET_KEYS=NEW)) as process:
            assert process.ends() == 78
            assert "lacks the key test-1" in process.everything()


def test_rows_that_do_not_open_are_told_and_stay(world: World, kyrios: Kyrios) -> None:
    states = OAuthStates(world.engine.store.cursor, Keyring({"test-1": b"x" * 32}))
    states.invite(Secret("ticket"), consent_id=uuid4(), account_id=ACCOUNT, begun_by=Actor("owner"))
    secrets = {name: Secret(name) for name in ("state", "browser", "verifier")}
    states.depart(Secret("ticket"), redirect_uri="http://localhost", **secrets)
    out = kyrios("keys", "rotate", code=1, KYRIOS_XERO_SECRET_KEYS=BOTH).stdout
    assert "2 rows sealed anew under new-1." in out
    assert "1 row did not open under its own key and stays as it is." in out
