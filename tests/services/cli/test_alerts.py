"""The commands about mails: who gets them, what was sent, one to try; kept in a folder where no server is set."""

import json
import logging
import mailbox
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.mail_server import mail_sink
from tests.services.cli.conftest import Kyrios
from tests.world import ACCOUNT, OWNER, World

ME = "me@harbour-vine.example"


def test_addresses_are_added_listed_and_removed(kyrios_in_world: Kyrios) -> None:
    assert "Nobody gets the mails" in kyrios_in_world("alerts", "recipients", ACCOUNT).stdout
    added = kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", ME, "--add", "you@x.example", "--json")
    assert sorted(one["address"] for one in json.loads(added.stdout)) == [ME, "you@x.example"]
    assert ME in kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", ME.upper()).stdout
    left = kyrios_in_world("alerts", "recipients", ACCOUNT, "--remove", "You@x.example", "--json")
    assert [one["address"] for one in json.loads(left.stdout)] == [ME]


def test_one_address_added_and_removed_at_once_is_refused_in_a_sentence(kyrios_in_world: Kyrios) -> None:
    kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", ME)
    both = kyrios_in_world("alerts", "recipients", ACCOUNT, "--remove", ME, "--add", ME, code=2)
    assert both.stderr.strip() == f"--add {ME}: this address is to be removed, too; name it once."
    assert ME in kyrios_in_world("alerts", "recipients", ACCOUNT).stdout


def test_what_is_no_address_and_whoever_is_not_told_is_said(kyrios_in_world: Kyrios) -> None:
    wrong = "this is no e-mail address such as jane@example.com"
    bad = kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", ME, "--add", "nobody", code=2)
    assert bad.stderr.strip() == f"--add nobody: {wrong}."
    assert "Nobody gets the mails" in kyrios_in_world("alerts", "recipients", ACCOUNT).stdout
    for given, shown in (("", "''"), ("a/b", "a/b"), ("x\n\x1b[2Jy", "x [2Jy"), ("z" * 200, f"{'z' * 79}…")):
        assert kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", given, code=2).stderr.startswith(
            f"--add {shown}:"
        )
    unknown = kyrios_in_world("alerts", "recipients", ACCOUNT, "--remove", ME, code=2)
    assert unknown.stderr.strip() == f"--remove {ME}: this address does not get this account's mails."
    tried = kyrios_in_world("alerts", "test", ACCOUNT, "--to", "nobody", code=2)
    assert tried.stderr.strip() == f"--to nobody: {wrong}."
    connecting = kyrios_in_world("connections", "connect", ACCOUNT, "--email", "nobody", code=2)
    assert connecting.stderr.strip() == f"--email nobody: {wrong}."
    never = kyrios_in_world("alerts", "recipients", "nobody", "--add", ME, code=None)
    assert "never connected" in never.stderr


def test_a_mail_to_try_lies_in_a_folder_where_no_server_is_set(world: World, kyrios_in_world: Kyrios) -> None:
    said = kyrios_in_world("alerts", "test", ACCOUNT, "--to", ME)
    assert f"Sent to {ME}." in said.stdout
    folder = world.engine.settings.home / "mail"
    assert f"it lies in {folder}" in said.stdout
    (mail,) = read(folder)
    assert (mail["To"], mail["From"]) == (ME, "Kyrios <kyrios-xero@localhost>")
    assert "They do." in str(mail.get_body(("plain",)))
    assert not logging.getLogger("mail.log").isEnabledFor(logging.ERROR), "it would name whom mails go to"
    assert folder.stat().st_mode & 0o077 == 0, "mails are for nobody else on this machine"


def test_a_mail_to_try_goes_to_everybody_the_account_tells(kyrios_in_world: Kyrios) -> None:
    with mail_sink() as sink:
        set_ = {"KYRIOS_XERO_SMTP_URL": sink.url, "KYRIOS_XERO_MAIL_FROM": "xero@kyrios.example"}
        none = kyrios_in_world("alerts", "test", ACCOUNT, code=None, **set_)
        assert "tells nobody" in none.stderr
        kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", ME)
        sent = kyrios_in_world("alerts", "test", ACCOUNT, "--json", **set_)
        assert json.loads(sent.stdout) == {"sent_to": [ME], "kept_in": None}
        assert [to for to, _ in sink.taken] == [ME]
        sink.misbehave("RCPT", "550 no such user")
        refused = kyrios_in_world("alerts", "test", ACCOUNT, code=1, **set_)
        assert "it knows no such address (550)" in refused.stderr


def test_what_was_sent_and_what_has_not_arrived_is_listed(world: World, kyrios_in_world: Kyrios) -> None:
    assert "No mail was sent" in kyrios_in_world("alerts", "list", ACCOUNT).stdout
    world.engine.alert_recipients.change(ACCOUNT, OWNER, add=[ME])
    world.engine.set_up.disconnect(ACCOUNT, OWNER)
    assert "pending" in kyrios_in_world("alerts", "list", ACCOUNT).stdout
    world.engine.projector.catch_up()
    world.later(31)
    while world.engine.mailer.step():
        pass
    history = json.loads(kyrios_in_world("alerts", "list", ACCOUNT, "--json").stdout)
    assert [(one["kind"], one["cause_code"], one["to"]) for one in history["sent"]] == [("disconnected", "user", ME)]
    assert history["unsent"] == []
    (mail,) = read(world.engine.settings.home / "mail")
    assert mail["Message-ID"] == history["sent"][0]["message_id"]
    assert mail["Subject"] == "Xero is disconnected: as you asked for"


def test_an_account_whose_mails_reach_nobody_says_so_and_how_to_mend_it(world: World, kyrios_in_world: Kyrios) -> None:
    nobody = "Nobody gets a mail when something needs a person"
    mend = f": kyrios-xero alerts recipients {ACCOUNT} --add ADDRESS"

    def said() -> list[str]:
        """What status and steps say of it."""
        world.engine.projector.catch_up()
        shown = (kyrios_in_world(*c, ACCOUNT).stdout for c in (("status",), ("connections", "steps")))
        return [line.strip() for out in shown for line in out.splitlines() if "Nobody gets" in line]

    assert said() == [nobody + mend] * 2
    (watch,) = [
        one
        for one in json.loads(kyrios_in_world("connections", "steps", ACCOUNT, "--json").stdout)
        if one["step"] == "watch"
    ]
    assert (watch["done"], watch["remark"]) == (True, nobody + mend)
    kyrios_in_world("alerts", "recipients", ACCOUNT, "--add", ME)
    assert said() == []
    (account,) = json.loads(kyrios_in_world("status", ACCOUNT, "--json").stdout)["accounts"]
    assert account["mails"] == {"addresses": 1, "refused": 0}
    with world.engine.store.cursor() as cursor:
        cursor.execute("UPDATE app.recipient SET refused_at = app.now(), refused_for = '550'")
    assert said() == [f"{nobody} (their mail server refused 1 address for good){mend}"] * 2


def test_a_mail_server_needs_a_sender(kyrios_in_world: Kyrios) -> None:
    told = kyrios_in_world("alerts", "list", ACCOUNT, code=None, KYRIOS_XERO_SMTP_URL="smtp://mail.example")
    assert "KYRIOS_XERO_MAIL_FROM must be given together with KYRIOS_XERO_SMTP_URL." in told.stderr


def test_support_that_no_mail_would_reach_is_refused(kyrios_in_world: Kyrios) -> None:
    told = kyrios_in_world("alerts", "list", ACCOUNT, code=78, KYRIOS_XERO_SUPPORT_MAIL="help@kyrios.example")
    assert told.stderr.strip() == (
        "KYRIOS_XERO_SMTP_URL must be given together with KYRIOS_XERO_SUPPORT_MAIL: else nobody gets the mails."
    )
    wrong = kyrios_in_world("alerts", "list", ACCOUNT, code=78, KYRIOS_XERO_SUPPORT_MAIL="help")
    assert "KYRIOS_XERO_SUPPORT_MAIL is not right: this is no e-mail address" in wrong.stderr


def read(folder: Path) -> list:  # type: ignore[type-arg]
    """The mails in a folder, as a mail program reads them."""
    return [
        message_from_bytes(bytes(kept), policy=default)
        for kept in (mailbox.Maildir(folder, create=False).get_bytes(key) for key in mailbox.Maildir(folder).keys())  # noqa: SIM118
    ]
