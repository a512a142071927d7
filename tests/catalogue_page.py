"""The page of all causes, made from the catalogue: `python -m tests.catalogue_page` writes docs/causes.md anew."""

from pathlib import Path
from string import Formatter
from typing import Final

from domain.causes import CATALOGUE, CauseKind, Standing, Who

PAGE: Final = Path(__file__).parent.parent / "docs" / "causes.md"

_OPENING: Final = """\
# Why an invoice is not in Xero

Every cause the engine knows, by its code, which never changes its meaning. What is read stands here word for word; in
braces is what depends on the case. `kyrios-xero invoices show` says which causes an invoice has, who must act, and what
happens next.

*By itself* says that an invoice goes without a click once the fix is made and nothing else is in its way; otherwise it
is retried, released, or left out. *Again as it is* says that sending it once more unchanged can succeed.

This page is made from the catalogue in `domain/causes.py` by `make docs`.
"""

_GROUPS: Final[dict[Standing, tuple[str, str]]] = {
    "gate": (
        "The whole connection waits",
        "Nothing is sent, nothing is written on any invoice, and opening the gate lets all that wait for nothing else "
        "go in their order.",
    ),
    "blocked": (
        "One invoice waits",
        "Found before sending. Nothing went to Xero. An organisation that cannot invoice, and a default account that "
        "no longer qualifies, hold the whole connection back.",
    ),
    "failed": (
        "An invoice failed",
        "Xero did not take it, or we gave up. Nothing of it is in Xero; where a later change of it failed, Xero holds "
        "it as it was before.",
    ),
    "queued": ("Everything waits a while", "Nobody has to act, no mail is sent, and no attempt is used up."),
    "checking": ("Nobody knows yet", "Nothing is sent again before Xero was searched."),
    "review": ("In Xero, but", "The invoice is there. We changed nothing; somebody should look."),
}
_WHO: Final[dict[Who, str]] = {
    "owner": "account owner",
    "backend": "Kyrios",
    "support": "support",
    "nobody": "nobody",
}


def page() -> str:
    """The whole page."""
    return _OPENING + "".join(_group(standing) for standing in _GROUPS)


def _group(standing: Standing) -> str:
    title, meaning = _GROUPS[standing]
    rows = "".join(_row(kind) for kind in CATALOGUE.values() if kind.standing == standing)
    heading = "| code | what is read | who acts | again as it is | by itself |\n|---|---|---|---|---|\n"
    return f"\n## {title}\n\n{meaning}\n\n{heading}{rows}"


def _row(kind: CauseKind) -> str:
    who = ", ".join(_WHO[one] for one in kind.who)
    said = _words(kind.words) + (f" (Where support gets mails: {_words(kind.told)})" if kind.told else "")
    return f"| `{kind.code}` | {said} | {who} | {_yes(kind.retry)} | {_yes(kind.auto)} |\n"


def _words(template: str) -> str:
    parts = Formatter().parse(template)
    return "".join(text + (f"{{{name.replace('_', ' ')}}}" if name else "") for text, name, _, _ in parts)


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


if __name__ == "__main__":
    PAGE.write_text(page())
