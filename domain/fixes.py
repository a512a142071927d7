"""Which causes of blocked invoices an event takes away: (code, key) pairs whose invoices are to be released. Pure."""

from domain.connection_events import AccountsSelected, TaxMapped
from domain.contact_link import ContactLinked
from domain.event import Event


def fixed_by(event: Event) -> list[tuple[str, str]]:
    """The causes this event may have taken away; releasing is safe, as everything is checked again before sending."""
    match event:
        case TaxMapped():
            return [("tax_set_unmapped", event.tax_set.key)]
        case ContactLinked():
            return [("contact_missing", event.kyrios_contact_id)]
        case AccountsSelected():
            chosen = (event.default_line, *event.also_allowed)
            return [("account_not_selected", account.account_id) for account in chosen]
    return []
