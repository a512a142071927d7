"""The settings: their defaults, what they refuse, and what they show."""

import re
from pathlib import Path

import pytest

from adapters.vault.secret import Secret
from services.settings import VARIABLES, Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def load(**variables: str) -> Settings:
    return load_settings({f"KYRIOS_XERO_{name}": text for name, text in variables.items()})


def problems(**variables: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        load(**variables)
    return refused.value.problems


def test_without_any_variable_the_engine_is_embedded_and_patient_with_xero() -> None:
    settings = load()
    assert settings.embedded
    assert settings.broker_url is None
    assert settings.api_url == "https://api.xero.com"
    assert (settings.read_timeout, settings.lease, settings.quiet) == (90, 150, 180)
    assert (settings.sweep_interval, settings.worker_threads, settings.calls_per_minute) == (5, 8, 60)
    assert settings.home.is_absolute()


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert load(DATABASE_URL="", API_URL=" ").api_url == "https://api.xero.com"


def test_the_example_file_names_every_setting_with_its_default_and_its_meaning() -> None:
    text = (ROOT / ".env.example").read_text()
    told = re.findall(r"^# (.*)\n(KYRIOS_XERO_\w+)=(.*)$", text, flags=re.MULTILINE)
    assert [(says, name, value.strip('"')) for says, name, value in told] == [
        (v.says + (" (secret)" if v.secret else ""), v.full_name, v.default or "") for v in VARIABLES
    ]
    assert len(re.findall(r"^[^#\n]", text, flags=re.MULTILINE)) == len(VARIABLES)


def test_the_example_file_is_itself_a_valid_environment() -> None:
    lines = re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    assert load_settings({name: value.strip('"') for name, value in lines}).embedded


def test_every_fault_is_told_at_once() -> None:
    found = problems(API_URL="ftp://x", LEASE="soon", WORKER_THREADS="0", LOG_LEVEL="LOUD", BROKER_URL="redis://x")
    assert len(found) == 5
    assert all(sentence.startswith("KYRIOS_XERO_") and sentence.endswith(".") for sentence in found)


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "0", "1e999", "ninety"])
def test_a_time_is_a_positive_number(text: str) -> None:
    assert problems(SWEEP_INTERVAL=text) == ("KYRIOS_XERO_SWEEP_INTERVAL must be a positive number of seconds.",)


def test_a_misspelt_name_is_told_with_what_was_meant() -> None:
    assert problems(DATABASE_ULR="x") == (
        "KYRIOS_XERO_DATABASE_ULR is no setting; did you mean KYRIOS_XERO_DATABASE_URL?",
    )


def test_a_lease_must_outlast_the_read_timeout() -> None:
    assert problems(READ_TIMEOUT="60", LEASE="60.5") == (
        "KYRIOS_XERO_LEASE must be at least KYRIOS_XERO_READ_TIMEOUT + 1 second (61).",
    )


def test_a_short_quiet_period_is_for_a_simulator_on_this_machine_only() -> None:
    short = {"READ_TIMEOUT": "3", "LEASE": "8", "QUIET": "3"}
    assert problems(**short) == ("KYRIOS_XERO_QUIET must be at least 180 seconds unless the API is on this machine.",)
    for address in ("http://127.0.0.1:8120", "http://localhost:8120/", "http://[::1]:8120"):
        assert load(**short, API_URL=address).quiet == 3


def test_the_quiet_period_grows_with_the_read_timeout() -> None:
    assert "at least 240 seconds" in problems(READ_TIMEOUT="120", LEASE="200")[0]


@pytest.mark.parametrize(
    "address",
    ["http://api.example.com", "https://user:word@api.xero.com", "https://", "https://x:99999", "https://a b", "x"],
)
def test_an_api_address_is_a_plain_encrypted_one(address: str) -> None:
    (sentence,) = problems(API_URL=address)
    assert "word" not in sentence


def test_a_name_without_dots_may_be_reached_without_encryption() -> None:
    assert load(API_URL="http://simulator:8120").api_url == "http://simulator:8120"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    settings = load(CLIENT_ID="id", CLIENT_SECRET_FILE=str(tmp_path / "secret"))
    assert settings.client_secret is not None
    assert settings.client_secret.reveal() == "from a file"


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (sentence,) = problems(CLIENT_ID="id", CLIENT_SECRET="y", CLIENT_SECRET_FILE=str(tmp_path / "secret"))
    assert "given twice" in sentence


def test_a_file_that_is_missing_or_empty_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    assert "No such file" in problems(SMTP_URL_FILE=str(tmp_path / "missing"))[0]
    assert "is empty" in problems(SMTP_URL_FILE=str(tmp_path / "empty"))[0]


def test_what_is_no_secret_has_no_file() -> None:
    assert "KYRIOS_XERO_API_URL_FILE is no setting" in problems(API_URL_FILE="/x")[0]


def test_client_id_and_secret_come_together() -> None:
    assert problems(CLIENT_ID="x") == ("KYRIOS_XERO_CLIENT_SECRET must be given together with KYRIOS_XERO_CLIENT_ID.",)
    assert problems(CLIENT_SECRET="x") == (
        "KYRIOS_XERO_CLIENT_ID must be given together with KYRIOS_XERO_CLIENT_SECRET.",
    )


def test_the_first_of_several_keys_comes_first() -> None:
    keys = load(SECRET_KEYS=f"new:{KEY}, old:{KEY}").secret_keys
    assert keys is not None
    assert [key.key_id for key in keys] == ["new", "old"]
    assert keys[0].key_bytes() == b"01234567890123456789012345678901"


@pytest.mark.parametrize("text", ["a", f":{KEY}", "a:AAAA", f"a b:{KEY}", f"a:{KEY},", f"a:{KEY},a:{KEY}", "a:!"])
def test_keys_that_are_none_are_refused_without_repeating_them(text: str) -> None:
    (sentence,) = problems(SECRET_KEYS=text)
    assert KEY not in sentence


def test_what_is_shown_holds_no_secret() -> None:
    settings = load(
        DATABASE_URL="postgresql://kyrios:hidden@db:5432/kyrios?password=hidden",
        BROKER_URL="amqp://hidden@mq/",
        CLIENT_ID="an id",
        CLIENT_SECRET="hidden",
        SECRET_KEYS=f"first:{KEY}",
    )
    shown = settings.redacted()
    assert list(shown) == [variable.full_name for variable in VARIABLES]
    assert shown["KYRIOS_XERO_DATABASE_URL"] == "postgresql://kyrios:***@db:5432/kyrios?***"
    assert shown["KYRIOS_XERO_SECRET_KEYS"] == "first:***"
    assert shown["KYRIOS_XERO_CLIENT_SECRET"] == "***"
    assert shown["KYRIOS_XERO_QUIET"] == "180"
    for text in (str(shown), repr(settings)):
        assert KEY not in text
        assert "hidden" not in text.replace("hidden@mq", "")


def test_a_secret_field_is_a_secret() -> None:
    assert isinstance(load(DATABASE_URL="postgresql://x/y").database_url, Secret)
