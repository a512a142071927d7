"""What waits for books that the account has left: it goes to no other ones. In words. Pure."""

from typing import Final

from domain.under_way import EntryNow

NEXT_STEP: Final = (
    "It goes on by itself once the account is connected to that organisation again; else settle it there by hand."
)
_WHAT: Final = {
    "create_invoice": "the invoice",
    "create_payment": "a payment",
    "update_invoice": "a change",
    "void_invoice": "the cancellation",
}


def waiting_for(entry: EntryNow) -> str:
    """The sentence for an entry of former books: it is not sent, or its lost answer is not looked for, elsewhere."""
    what = _WHAT.get(entry.kind, "a later step")
    if entry.state == "AMBIGUOUS":
        return (
            f"Xero gave no clear answer about {what}, and the account has left organisation {entry.former_books} "
            "since: whether it arrived can be found out only there."
        )
    where = f"organisation {entry.former_books}, which the account has left"
    return f"{what.capitalize()} waits for {where}: it belongs there and goes nowhere else."
