"""How letters read, and that nothing anybody wrote anywhere becomes a header, a tag, or another part of a mail."""

import datetime as dt
import email
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.causes import CATALOGUE, Cause
from domain.foreign_text import one_line
from domain.headlines import LONGEST, headline
from services.mailing.letter import LONGEST_SUBJECT, Letters
from services.mailing.matter import Listed, Matter
from tests.services.mailing.post import html_of, text_of

LETTERS = Letters("xero@kyrios.example")
DATE = dt.datetime(2026, 10, 1, 12, 0, tzinfo=dt.UTC)
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
}  # fmt: skip
PAYLOADS = (
    "x\r\nBcc: everybody@example.com",
    "x\nContent-Type: text/html\n\n<script>alert(1)</script>",
    "</td></tr></table><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% for x in y %}",
    "=?utf-8?q?Bcc:_x?= \u202egnp.exe \u2028 line",
    "\r\n.\r\nMAIL FROM:<x@y.example>",
    "x" * 10_000,
)


def matter(text: str) -> Matter:
    """A matter that says `text` wherever text may come from outside."""
    return Matter(
        subject=f"1 invoice waits: {text}",
        opening=text,
        sentences=(text,),
        invoices=(Listed(text, text, text),),
        who=("owner",),
        then=text,
        link="https://app.kyrios.example/",
        link_says=text,
    )


def written(text: str, account: str = "harbour-vine") -> EmailMessage:
    """The mail, as a mail program reads it."""
    raw = LETTERS.write(matter(text), account, "owner@example.com", "<1@kyrios.example>", DATE)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n")), "RFC 5322: no line is longer"
    return email.message_from_bytes(raw, policy=default)


@pytest.mark.parametrize("text", PAYLOADS)
def test_what_somebody_wrote_stays_text(text: str) -> None:
    mail = written(text)
    assert set(mail.keys()) == HEADERS
    assert mail["To"] == "owner@example.com"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "<script" not in html_of(mail)
    assert "<img" not in html_of(mail)
    assert "49" not in html_of(mail).replace("#", "")
    assert len(mail["Subject"]) <= LONGEST_SUBJECT


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.text(min_size=1, max_size=50))
def test_any_text_at_all_makes_a_mail_with_the_headers_we_wrote(text: str, account: str) -> None:
    mail = written(text, account)
    assert set(mail.keys()) == HEADERS
    assert one_line(text) in " ".join(text_of(mail).split()) or not one_line(text)


def test_a_long_subject_arrives_as_it_was_written() -> None:
    long = Matter(subject="Xero " + "is disconnected " * 8, opening="x", link="https://x.example", link_says="Open")
    raw = LETTERS.write(long, "a", "owner@example.com", "<1@kyrios.example>", DATE)
    subject = str(email.message_from_bytes(raw, policy=default)["Subject"])
    assert subject == long.subject.strip()


def test_only_an_address_of_the_web_is_a_link() -> None:
    bad = Matter(subject="x", opening="x", link="javascript:alert(1)", link_says="Open")
    raw = LETTERS.write(bad, "a", "owner@example.com", "<1@kyrios.example>", DATE)
    assert b"javascript" not in raw


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_cause_has_a_headline_that_fits_a_subject(code: str) -> None:
    said = headline([Cause(code)])
    assert 0 < len(said) <= 60
    assert "{" not in said
    assert not said.endswith(".")


def test_things_of_one_cause_are_named_together() -> None:
    causes = [Cause("tax_set_unmapped", key=name, facts={"tax_set": name}) for name in ("GST 15%", "Luxury", "Zero")]
    assert headline(causes[:1]) == "no Xero rate for GST 15%"
    assert headline(causes[:2]) == 'no Xero rate for "GST 15%" and "Luxury"'
    assert headline(causes) == 'no Xero rate for "GST 15%" and 2 more'
    assert len(headline([Cause("tax_set_unmapped", facts={"tax_set": "x" * 500})])) == LONGEST


def test_two_names_never_read_as_three_nor_one_as_two() -> None:
    levy, lux = (Cause("tax_set_unmapped", key=n, facts={"tax_set": n}) for n in ("GST and alcohol levy", "lux 12.5%"))
    assert headline([levy, lux]) == 'no Xero rate for "GST and alcohol levy" and "lux 12.5%"'
    assert headline([levy]) == 'no Xero rate for "GST and alcohol levy"'
    assert headline([lux]) == "no Xero rate for lux 12.5%"


def test_the_same_mail_has_the_same_message_id_and_the_next_one_another() -> None:
    assert LETTERS.message_id("mail/a", 1) == LETTERS.message_id("mail/a", 1)
    assert len({LETTERS.message_id(key, issue) for key in ("mail/a", "mail/b") for issue in (1, 2)}) == 4


def test_both_parts_say_the_same() -> None:
    mail = written("12 invoices wait")
    for words in ("12 invoices wait", "https://app.kyrios.example/", "harbour-vine", "nobody reads an answer"):
        assert words in text_of(mail)
        assert words in html_of(mail)
