"""The settings: read once from KYRIOS_XERO_… variables, checked together, frozen.

Every variable that may hold a secret can also be given as a file: `KYRIOS_XERO_CLIENT_SECRET_FILE=/run/secrets/…`.
Nothing here is a global; the composition root loads the settings and passes them on.
"""

import difflib
import os
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.vault.secret import MASK, Secret
from services import setting_readers as read
from services.setting_readers import NamedKey

PREFIX = "KYRIOS_XERO_"
FILE_SUFFIX = "_FILE"
LONGEST_FILE = 65_536
SHORTEST_PRODUCTION_QUIET = 180.0
"""Seconds; how long a lost answer's effect may still appear in Xero is not documented, so nobody waits less."""

DEFAULT_PORT = 8080
XERO_MINUTE = 60.0
"""Seconds of the window in which Xero counts calls."""

SYSTEM_HOME = Path("/var/lib/kyrios-xero")


class Variable(msgspec.Struct, frozen=True):
    """One setting: its name without the prefix, how its text is read, its default, and what it says to a person."""

    name: str
    reader: Callable[[str], Any]
    default: str | None
    says: str
    secret: bool = False

    @property
    def field(self) -> str:
        """The name of the field in Settings."""
        return self.name.lower()

    @property
    def full_name(self) -> str:
        """The name in the environment."""
        return PREFIX + self.name


VARIABLES = (
    Variable("DATABASE_URL", read.address_of("postgresql", "postgres"), None,
             "PostgreSQL to use; empty: an embedded one below the home", secret=True),
    Variable("BROKER_URL", read.address_of("amqp", "amqps"), None,
             "RabbitMQ to ring workers through; empty: threads in this process", secret=True),
    Variable("API_URL", read.web_address, "https://api.xero.com", "Xero's API, or any server shaped like it"),
    Variable("IDENTITY_URL", read.web_address, "https://identity.xero.com", "where Xero's tokens come from"),
    Variable("LOGIN_URL", read.web_address, "https://login.xero.com", "where an account owner gives consent"),
    Variable("CLIENT_ID", read.plain, None, "the app's client id, from Xero's developer pages"),
    Variable("CLIENT_SECRET", read.secret, None, "the app's client secret", secret=True),
    Variable("SCOPES", read.words,
             "offline_access accounting.invoices accounting.payments accounting.contacts accounting.settings.read",
             "what consent is asked for"),
    Variable("PKCE", read.switch, "on", "whether consent is asked for with PKCE S256 as well: on or off"),
    Variable("PUBLIC_URL", read.web_address, "http://localhost:8080", "our own address as browsers see it"),
    Variable("LISTEN", read.listening, None,
             "address:port our own server listens on; empty: this machine only, at the port of the public URL"),
    Variable("SMTP_URL", read.mail_server, None,
             "the mail server, smtp+starttls://user:password@host:port, smtps:// or smtp://; empty: mails are kept in "
             "a folder below the home", secret=True),
    Variable("MAIL_FROM", read.mail_address, None, "the address all mails come from; needed with a mail server"),
    Variable("SUPPORT_MAIL", read.mail_address, None,
             "whoever helps account owners: gets a mail of each cause support must act on; empty: nobody does, and "
             "owners are asked to tell support themselves"),
    Variable("SECRET_KEYS", read.named_keys, None,
             "keys that seal what is stored, id:base64 of 32 bytes, comma between, the first one seals; "
             "empty with the embedded database: a key file below the home", secret=True),
    Variable("HOME", read.directory, None,
             f"where everything local is kept; empty: {SYSTEM_HOME} for root, else ~/.local/share/kyrios-xero"),
    Variable("PG_BIN", read.directory, None,
             "the programs of another PostgreSQL for the embedded database; empty: those that were installed along"),
    Variable("READ_TIMEOUT", read.seconds, "90", "seconds to wait for Xero's answer; giving up early makes doubt"),
    Variable("LEASE", read.seconds, "150", "seconds a delivery belongs to its worker; at least the read timeout + 1"),
    Variable("QUIET", read.seconds, "180",
             "seconds to wait after a lost answer before looking it up; at least 180 and twice the read timeout, "
             "unless the API is on this machine"),
    Variable("SWEEP_INTERVAL", read.seconds, "5", "seconds between two searches for forgotten work"),
    Variable("WORKER_THREADS", read.whole_number, "8", "threads that carry deliveries, per worker process"),
    Variable("CALLS_PER_MINUTE", read.whole_number, "60", "Xero's limit per organisation, where it does not tell"),
    Variable("APP_CALLS_PER_MINUTE", read.whole_number, "10000", "Xero's limit for the app over all organisations"),
    Variable("LIMIT_WINDOW", read.seconds, "60",
             "seconds of Xero's minute; anything else only suits a simulator on this machine whose time is scaled"),
    Variable("CLOCK", read.clock, "real",
             "real, or virtual: one that a demo or a test may move, only where the API is on this machine"),
    Variable("WEBHOOK_KEY", read.signing_keys, None,
             "the key Xero signs its webhooks with, or two with a comma between while it is changed; empty: none is "
             "believed", secret=True),
    Variable("LOG_LEVEL", read.log_level, "INFO", "how much is logged: DEBUG, INFO, WARNING or ERROR"),
)  # fmt: skip


class SettingsError(Exception):
    """The environment does not make valid settings; `problems` holds one sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Settings(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Everything that can be set. Times are in seconds; addresses that may hold a password are secrets."""

    home: Path
    database_url: Secret | None = None
    broker_url: Secret | None = None
    api_url: str
    identity_url: str
    login_url: str
    client_id: str | None = None
    client_secret: Secret | None = None
    scopes: tuple[str, ...]
    pkce: bool
    public_url: str
    listen: tuple[str, int] | None = None
    smtp_url: Secret | None = None
    mail_from: str | None = None
    support_mail: str | None = None
    secret_keys: tuple[NamedKey, ...] | None = None
    pg_bin: Path | None = None
    read_timeout: float
    lease: float
    quiet: float
    sweep_interval: float
    worker_threads: int
    calls_per_minute: int
    webhook_key: tuple[Secret, ...] | None = None
    app_calls_per_minute: int
    limit_window: float
    clock: str
    log_level: str

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url is None

    @property
    def browser_url(self) -> str:
        """Our address for browsers that Xero sends back: it accepts plain http only for the name localhost."""
        return self.public_url.replace("http://127.0.0.1", "http://localhost")

    @property
    def comes_back_here(self) -> bool:
        """Whether a browser that Xero sends back reaches this machine, so that any process of it may serve it."""
        return self.listen is not None or read.is_loopback(self.public_url)

    @property
    def listens_on(self) -> tuple[str, int]:
        """The address and port our own server listens on."""
        if self.listen is not None:
            return self.listen
        port = urlsplit(self.public_url).port if read.is_loopback(self.public_url) else None
        return "127.0.0.1", port or DEFAULT_PORT

    def redacted(self) -> dict[str, str]:
        """Every variable with its value as a person may see it; empty if it is not set."""
        return {variable.full_name: _shown(getattr(self, variable.field)) for variable in VARIABLES}


def load_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of this environment, or a SettingsError with everything that is wrong with it."""
    problems = _unknown_names(environment)
    values: dict[str, Any] = {"home": None}
    for variable in VARIABLES:
        try:
            text = _text(variable, environment)
            values[variable.field] = None if text is None else variable.reader(text)
        except ValueError as fault:
            problems.append(f"{variable.full_name} {fault}.")
    problems += _contradictions(values)
    if problems:
        raise SettingsError(problems)
    return Settings(**{**values, "home": values["home"] or _default_home(environment)})


def _text(variable: Variable, environment: Mapping[str, str]) -> str | None:
    given = environment.get(variable.full_name, "").strip() or None
    file = environment.get(variable.full_name + FILE_SUFFIX, "").strip() or None
    if file is None or not variable.secret:
        return given or variable.default
    if given is not None:
        raise ValueError(f"is given twice, as itself and as {variable.full_name}{FILE_SUFFIX}")
    return _content(file)


def _content(file: str) -> str | None:
    try:
        with Path(file).open(encoding="utf-8") as opened:
            content = opened.read(LONGEST_FILE)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"cannot be read from the file {file}: {why}") from error
    if not content.strip():
        raise ValueError(f"is empty in the file {file}")
    return content.strip()


def _unknown_names(environment: Mapping[str, str]) -> list[str]:
    known = {variable.full_name for variable in VARIABLES}
    known |= {variable.full_name + FILE_SUFFIX for variable in VARIABLES if variable.secret}
    problems = []
    for name in sorted(name for name in environment if name.startswith(PREFIX) and name not in known):
        close = difflib.get_close_matches(name, known, n=1)
        problems.append(f"{name} is no setting{f'; did you mean {close[0]}?' if close else '.'}")
    return problems


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between settings that are each right; a setting that could not be read is left out."""
    problems = []
    if "client_id" in values and "client_secret" in values:
        given, missing = ("CLIENT_ID", "CLIENT_SECRET") if values["client_id"] else ("CLIENT_SECRET", "CLIENT_ID")
        if (values["client_id"] is None) != (values["client_secret"] is None):
            problems.append(f"{PREFIX}{missing} must be given together with {PREFIX}{given}.")
    window, address = values.get("limit_window"), values.get("api_url")
    if window and window != XERO_MINUTE and address and not read.is_loopback(address):
        problems.append(f"{PREFIX}LIMIT_WINDOW must be {XERO_MINUTE:g} unless the API is on this machine.")
    if values.get("smtp_url") and "mail_from" in values and values["mail_from"] is None:
        problems.append(f"{PREFIX}MAIL_FROM must be given together with {PREFIX}SMTP_URL.")
    if values.get("support_mail") and "smtp_url" in values and values["smtp_url"] is None:
        problems.append(
            f"{PREFIX}SMTP_URL must be given together with {PREFIX}SUPPORT_MAIL: else nobody gets the mails."
        )
    if values.get("clock") == "virtual" and address and not read.is_loopback(address):
        problems.append(f"{PREFIX}CLOCK must be real unless the API is on this machine: it decides who is cut.")
    timeout, lease, quiet = (values.get(name) for name in ("read_timeout", "lease", "quiet"))
    if timeout and lease and lease < timeout + 1:
        problems.append(f"{PREFIX}LEASE must be at least {PREFIX}READ_TIMEOUT + 1 second ({timeout + 1:g}).")
    api = values.get("api_url")
    if timeout and quiet and api and not read.is_loopback(api):
        shortest = max(SHORTEST_PRODUCTION_QUIET, 2 * timeout)
        if quiet < shortest:
            problems.append(f"{PREFIX}QUIET must be at least {shortest:g} seconds unless the API is on this machine.")
    return problems


def _default_home(environment: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return SYSTEM_HOME
    data = environment.get("XDG_DATA_HOME", "")
    if Path(data).is_absolute():
        return Path(data) / "kyrios-xero"
    home = environment.get("HOME") or _home_of_user()
    return Path(home) / ".local" / "share" / "kyrios-xero"


def _home_of_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        raise SettingsError([f"{PREFIX}HOME must be given: this user has no home directory."]) from None


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case Secret():
            return read.masked_address(value) if "://" in value.reveal() else MASK
        case bool():
            return "on" if value else "off"
        case (str(host), int(port)):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case tuple():
            return " ".join(_shown_item(item) for item in value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _shown_item(item: object) -> str:
    if isinstance(item, NamedKey):
        return f"{item.key_id}:{MASK}"
    return MASK if isinstance(item, Secret) else str(item)
