"""What an invoice comes to in the Xero of one connection: its totals there, and the line taxes that must be sent."""

from decimal import Decimal

from domain.account_settings import rounding_of
from domain.connection import Connection
from domain.document import InvoiceDocument
from domain.rounding import Amounts, amounts_of
from domain.tax import TaxSet


def amounts_in_xero(document: InvoiceDocument, connection: Connection) -> Amounts:
    """The amounts of an invoice all of whose tax sets are mapped, at the rates Xero gave when they were."""
    charged = document.taxes()

    def rate_of(tax_set: TaxSet) -> Decimal:
        return connection.mappings[tax_set.key].effective_rate if tax_set.key in charged else Decimal(0)

    return amounts_of(document, rate_of, rounding_of(connection.settings))
