"""Giving one mail to servers that take it, refuse it at every step, stall, or break the connection."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.smtp.address import server_address
from adapters.smtp.errors import (
    MailTrouble,
    MessageRefused,
    OutcomeUnclear,
    RecipientRefused,
    RelayRefused,
    SenderRefused,
    ServerAway,
    TakenLater,
    TooLate,
)
from adapters.smtp.server import MailServer
from tests.mail_server import DROP, LATE, PASSWORD, SLOW, STALL, MailSink, Step, mail_sink

MESSAGE = b"Subject: hello\r\n\r\nfirst\r\n.a line that begins with a dot\r\n.\r\nlast\r\n"

UNHURRIED: Final = 30.0
"""Seconds a server has that is not to be given up on."""


@pytest.fixture
def sink() -> Iterator[MailSink]:
    """A mail server."""
    with mail_sink() as sink:
        yield sink


def give(url: str, message: bytes = MESSAGE, timeout: float = UNHURRIED) -> None:
    """Give one mail to the server at `url`."""
    MailServer(server_address(url), timeout).send("us@kyrios.example", "you@example.com", message, lambda: None)


def test_a_mail_arrives_byte_for_byte(sink: MailSink) -> None:
    give(sink.url)
    assert sink.taken == [("you@example.com", MESSAGE)]


@pytest.mark.parametrize(
    ("step", "answer", "trouble"),
    [
        ("greeting", "554 no service", SenderRefused),
        ("greeting", "421 busy", ServerAway),
        ("greeting", DROP, ServerAway),
        ("EHLO", DROP, ServerAway),
        ("MAIL", "550 not you", SenderRefused),
        ("MAIL", "451 later", ServerAway),
        ("MAIL", DROP, ServerAway),
        ("RCPT", "550 no such user", RecipientRefused),
        ("RCPT", "450 greylisted", TakenLater),
        ("RCPT", DROP, ServerAway),
        ("DATA", "554 no", MessageRefused),
        ("DATA", "451 later", TakenLater),
        ("DATA", DROP, ServerAway),
        ("content", "554 spam", MessageRefused),
        ("content", "452 full", TakenLater),
        ("content", DROP, OutcomeUnclear),
        ("taken", DROP, OutcomeUnclear),
    ],
)
def test_what_a_server_does_at_a_step_says_whether_the_mail_may_have_been_taken(
    sink: MailSink, step: Step, answer: str, trouble: type[MailTrouble]
) -> None:
    sink.misbehave(step, answer)
    with pytest.raises(MailTrouble) as met:
        give(sink.url)
    assert type(met.value) is trouble
    assert answer == DROP or met.value.word == answer[:3]
    assert sink.taken == ([("you@example.com", MESSAGE)] if step == "taken" else [])


@pytest.mark.parametrize(
    ("step", "trouble", "patience", "taken_within"),
    [
        ("greeting", ServerAway, 0.3, UNHURRIED),
        ("RCPT", ServerAway, 0.3, UNHURRIED),
        ("content", OutcomeUnclear, UNHURRIED, 0.3),
        ("taken", OutcomeUnclear, UNHURRIED, 0.3),
    ],
)
def test_a_server_that_stalls_is_given_up_on(
    sink: MailSink, step: Step, trouble: type[MailTrouble], patience: float, taken_within: float
) -> None:
    """Each by the patience that is for this step; a busy machine may be slow at all others."""
    sink.misbehave(step, STALL)
    server = MailServer(server_address(sink.url), patience, taken_within=taken_within)
    with pytest.raises(trouble):
        server.send("us@kyrios.example", "you@example.com", MESSAGE, lambda: None)


@pytest.mark.parametrize(
    ("answer", "trouble", "word"),
    [
        ("550 5.1.1 no such user here", RecipientRefused, "550 5.1.1"),
        ("554 5.1.2 no such domain", RecipientRefused, "554 5.1.2"),
        ("556 5.1.10 takes no mail", RecipientRefused, "556 5.1.10"),
        ("550 5.2.1 mailbox disabled", RecipientRefused, "550 5.2.1"),
        ("551 user not local", RecipientRefused, "551"),
        ("553 mailbox name not allowed", RecipientRefused, "553"),
        ("554 5.7.1 <you@example.com>: Relay access denied", RelayRefused, "554 5.7.1"),
        ("550 5.7.1 Unable to relay", RelayRefused, "550 5.7.1"),
        ("530 5.7.0 Authentication required", RelayRefused, "530 5.7.0"),
        ("550 5.7.26 unauthenticated mail is not accepted", RelayRefused, "550 5.7.26"),
        ("550 5.1.8 sender's domain does not exist", RelayRefused, "550 5.1.8"),
        ("550 5.4.1 Recipient address rejected: Access denied", RelayRefused, "550 5.4.1"),
        ("550 relay not permitted", RelayRefused, "550"),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", RelayRefused, "553 5.7.1"),
        ("554 transaction failed", RelayRefused, "554"),
        ("503 not now", RelayRefused, "503"),
        ("552 5.2.2 mailbox full", TakenLater, "552 5.2.2"),
        ("552 no room", TakenLater, "552"),
    ],
)
def test_only_what_is_said_of_the_address_is_about_the_recipient(
    sink: MailSink, answer: str, trouble: type[MailTrouble], word: str
) -> None:
    sink.misbehave("RCPT", answer)
    with pytest.raises(MailTrouble) as met:
        give(sink.url)
    assert (type(met.value), met.value.word) == (trouble, word)


def test_a_server_that_is_slow_to_say_it_took_the_mail_is_waited_for(sink: MailSink) -> None:
    """The control: with the patience of every other answer this one comes too late."""
    sink.misbehave("taken", SLOW, SLOW)
    server = MailServer(server_address(sink.url), LATE / 2, taken_within=30)
    server.send("us@kyrios.example", "you@example.com", MESSAGE, lambda: None)
    with pytest.raises(OutcomeUnclear):
        MailServer(server_address(sink.url), LATE / 2, taken_within=LATE / 2).send(
            "us@kyrios.example", "you@example.com", MESSAGE, lambda: None
        )
    assert len(sink.taken) == 2


def test_the_patience_for_the_last_answer_is_for_no_other(sink: MailSink) -> None:
    sink.misbehave("RCPT", SLOW)
    with pytest.raises(ServerAway):
        MailServer(server_address(sink.url), LATE / 2, taken_within=30).send(
            "us@kyrios.example", "you@example.com", MESSAGE, lambda: None
        )


def test_a_port_where_nobody_listens_is_a_server_that_is_away() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        with pytest.raises(ServerAway):
            give(f"smtp://127.0.0.1:{unheard.getsockname()[1]}")


def test_nothing_is_sent_once_the_fence_says_no(sink: MailSink) -> None:
    def too_late() -> None:
        raise TooLate("lease")

    with pytest.raises(TooLate):
        MailServer(server_address(sink.url)).send("us@kyrios.example", "you@example.com", MESSAGE, too_late)
    assert "DATA" not in sink.met


# ── encryption and names ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of `localhost` with its key, that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    file.write_bytes(made.public_bytes(pem) + secret)
    return file


def server_tls(certificate: Path) -> ssl.SSLContext:
    """What a server proves itself with."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    return tls


def trusting(certificate: Path) -> Callable[[], ssl.SSLContext]:
    """A client that trusts this certificate."""
    return lambda: ssl.create_default_context(cafile=str(certificate))


def test_starttls_signs_in_under_encryption_and_gives_the_mail(certificate: Path) -> None:
    with mail_sink(server_tls(certificate), sign_in=True) as sink:
        address = server_address(f"smtp+starttls://me:{quote(PASSWORD, safe='')}@localhost:{sink.port}")
        server = MailServer(address, tls=trusting(certificate))
        server.send("us@kyrios.example", "you@example.com", MESSAGE, lambda: None)
        assert sink.taken == [("you@example.com", MESSAGE)]


def test_a_certificate_that_is_not_the_servers_or_that_nobody_vouches_for_gets_no_mail(certificate: Path) -> None:
    with mail_sink(server_tls(certificate)) as sink:
        for host, tls in (("127.0.0.1", trusting(certificate)), ("localhost", ssl.create_default_context)):
            server = MailServer(server_address(f"smtp+starttls://{host}:{sink.port}"), tls=tls)
            with pytest.raises(SenderRefused):
                server.send("us@kyrios.example", "you@example.com", MESSAGE, lambda: None)
        assert sink.taken == []


def test_smtps_is_encrypted_from_the_first_byte(certificate: Path) -> None:
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with server_tls(certificate).wrap_socket(listener.accept()[0], server_side=True) as line:
            line.sendall(b"220 ready\r\n")
            for said in line.makefile("rb"):
                heard.append(said)
                in_message = b"DATA\r\n" in (one.upper() for one in heard) and said != b".\r\n"
                if not in_message or said.upper() == b"DATA\r\n":
                    line.sendall(b"354 go\r\n" if said.upper() == b"DATA\r\n" else b"250 ok\r\n")
                if said == b".\r\n":
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        address = server_address(f"smtps://localhost:{listener.getsockname()[1]}")
        server = MailServer(address, timeout=UNHURRIED, tls=trusting(certificate))
        server.send("us@kyrios.example", "you@example.com", MESSAGE, lambda: None)
        thread.join(UNHURRIED)
    assert b"Subject: hello\r\n" in heard


def test_a_server_without_encryption_is_refused_where_it_was_asked_for(sink: MailSink) -> None:
    with pytest.raises(SenderRefused):
        give(f"smtp+starttls://127.0.0.1:{sink.port}")
    assert sink.taken == []


def test_a_wrong_password_is_told_from_a_server_that_is_away() -> None:
    with mail_sink(sign_in=True) as sink:
        with pytest.raises(SenderRefused):
            give(f"smtp://me:wrong@127.0.0.1:{sink.port}")
        assert sink.taken == []


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtp://mail.example", "none", 25),
        ("smtp://mail.example:2525/", "none", 2525),
        ("smtps://me:pw@mail.example", "tls", 465),
        ("smtp+starttls://me%40x:p%2Fw@mail.example", "starttls", 587),
        ("smtp://me:pw@127.0.0.1:1025", "none", 1025),
    ],
)
def test_an_address_says_how_the_server_is_spoken_to(url: str, security: str, port: int) -> None:
    address = server_address(url)
    assert (address.security, address.port) == (security, port)
    assert "pw" not in repr(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://mail.example", "must be smtp://"),
        ("smtp://", "must be smtp://"),
        ("smtp://mail.example:99999", "must be smtp://"),
        ("smtp://mail.example/inbox", "must be smtp://"),
        ("smtp://mail.example?x=1", "must be smtp://"),
        ("smtp://me:pw@mail.example", "could be read on its way"),
        ("smtps://me:p\u00fc@mail.example", "ASCII"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        server_address(url)
    assert "pw" not in str(refused.value)


def test_a_password_may_hold_what_has_to_be_quoted_in_an_address() -> None:
    with mail_sink(sign_in=True) as sink:
        give(f"smtp://me:{quote(PASSWORD, safe='')}@127.0.0.1:{sink.port}")
        assert len(sink.taken) == 1
        with pytest.raises(SenderRefused):  # smtplib signs in with ASCII alone: a word for a person, and no crash
            give(f"smtp://me:p%C3%BC@127.0.0.1:{sink.port}")
