"""The letter box gives each mail once, as its reader sees it."""

import mailbox
from email.message import EmailMessage
from pathlib import Path

from services.demo.letter_box import Letter, LetterBox


def put(folder: Path, subject: str, text: str) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "owner@harbour-vine.example", subject
    mail.set_content(text)
    mail.add_alternative("<p>in colours</p>", subtype="html")
    mailbox.Maildir(folder, create=True).add(mail.as_bytes())


def test_a_mail_is_given_once_without_what_stands_below_every_mail(tmp_path: Path) -> None:
    box = LetterBox(tmp_path / "mail")
    assert box.new() == []
    put(tmp_path / "mail", "Tūī: 2 invoices wait", "2 invoices wait.\n\n  - INV-1\n--\nYou get it because\n")
    put(tmp_path / "mail", "A long subject that goes on and on " * 4, "Yes.\n")
    long, short = box.new()
    assert short == Letter("owner@harbour-vine.example", "Tūī: 2 invoices wait", ("2 invoices wait.", "  - INV-1"))
    assert long.subject == ("A long subject that goes on and on " * 4).strip()
    assert box.new() == []
    put(tmp_path / "mail", "another", "No.\n")
    assert [letter.subject for letter in box.new()] == ["another"]
