"""The commands that go on with tax sets without a fitting rate, each with its very arguments."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from domain.tax import DeclaredTaxSet, TaxSet
from domain.tax_suggestions import Suggestion

UNTAXED: Final = "none"
"""How the tax set without a tax, whose key is empty, is written here; no other key lacks its @."""

Left = Sequence[tuple[DeclaredTaxSet, Suggestion]]
"""Tax sets without a fitting rate, each with what might stand for it."""


def key(tax_set: TaxSet) -> str:
    """A tax set as commands take it."""
    return tax_set.key or UNTAXED


def mapping_commands(account: str, left: Left) -> list[str]:
    """How to map these: together what is beyond doubt, and one by one where a person picks or says why."""
    confirm = [f"kyrios-xero taxes confirm {account}"] if any(made.how == "components" for _, made in left) else []
    doubtful = [(one, made) for one, made in left if made.how != "components"]
    return [*confirm, *_one_by_one(account, doubtful)]


def next_commands(account: str, left: Left) -> list[str]:
    """How set-up goes on: as `mapping_commands` say, and for what no rate fits, the command that says why."""
    unfit = any(not made.fitting for _, made in left)
    return [*mapping_commands(account, left), *([f"kyrios-xero taxes suggest {account}"] if unfit else [])]


def _one_by_one(account: str, left: Iterable[tuple[DeclaredTaxSet, Suggestion]]) -> Iterator[str]:
    for one, made in left:
        for place, tax_type in enumerate(made.fitting):
            because = " --because REASON" if made.of_other_taxes else ""
            command = f"kyrios-xero taxes map {account} {key(one.tax_set)}={tax_type}{because}"
            yield f"or {command}" if place else command
