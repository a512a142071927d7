"""The scopes Xero knows, and what grants what (Xero's scopes page; broad ones end on 2027-09-13)."""

_READABLE = (
    "accounting.transactions",
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings",
)
KNOWN = frozenset(
    {"openid", "profile", "email", "offline_access", "accounting.attachments", "accounting.attachments.read"}
    | set(_READABLE)
    | {f"{name}.read" for name in _READABLE}
)

INVOICES_READ = (
    "accounting.invoices",
    "accounting.invoices.read",
    "accounting.transactions",
    "accounting.transactions.read",
)
INVOICES_WRITE = ("accounting.invoices", "accounting.transactions")
PAYMENTS_READ = (
    "accounting.payments",
    "accounting.payments.read",
    "accounting.transactions",
    "accounting.transactions.read",
)
PAYMENTS_WRITE = ("accounting.payments", "accounting.transactions")
CONTACTS_READ = ("accounting.contacts", "accounting.contacts.read")
CONTACTS_WRITE = ("accounting.contacts",)
SETTINGS_READ = ("accounting.settings", "accounting.settings.read")


def unknown(scope: str) -> list[str]:
    """The words of a scope parameter that Xero does not know."""
    return [word for word in scope.split() if word not in KNOWN]


def joined(*scopes: str) -> str:
    """Scopes add up over a user's consents; in stable order."""
    return " ".join(sorted({word for scope in scopes for word in scope.split()}))


def allows(scope: str, any_of: tuple[str, ...]) -> bool:
    """True when nothing is needed or one of the needed scopes was granted."""
    return not any_of or not set(any_of).isdisjoint(scope.split())
