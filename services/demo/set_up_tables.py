"""Two tables at the beginning of the story: the ledger accounts and why some are left out, and the suggested rates."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console

from domain.account_offer import Offer
from domain.tax import DeclaredTaxSet
from domain.tax_suggestions import Suggestion
from services.cli.console import show, table


def show_left_out(listed: Iterable[Offer], console: Console) -> None:
    """The accounts that are not offered, grouped by their first reason, each with what would help."""
    by_reason: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for offer in listed:
        if not offer.offered:
            first = offer.not_for_lines[0]
            by_reason[first.reason, first.fix].append(offer.account.code or offer.account.name)
    rows = [(len(named), ", ".join(named), reason, fix) for (reason, fix), named in by_reason.items()]
    console.print()
    show(table(["", "left out", "why", "what would help"], rows, numbers=[""]), console)
    console.print()


def show_suggestions(
    found: Iterable[tuple[DeclaredTaxSet, Suggestion]], taken: Sequence[str], picked: Sequence[str], console: Console
) -> None:
    """Each tax set with what is suggested for it and what the owner did: `taken` and `picked` are keys of tax sets."""
    done = {**dict.fromkeys(taken, "confirmed"), **dict.fromkeys(picked, "picked by hand")}
    rows = [
        (one.name, made.tax_type or "none", made.reason, done.get(one.tax_set.key, "forgotten")) for one, made in found
    ]
    console.print()
    show(table(["tax set", "suggested", "why", "the owner"], rows), console)
    console.print()
