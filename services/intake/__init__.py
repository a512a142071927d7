"""The intake: the form in which a Kyrios backend sends invoices, and its strict reading into domain values.

One invoice is one JSON object; a file of them is NDJSON, one object per line. Amounts are text, every id and date is
checked, unknown and repeated fields are refused, and an invoice is told everything that is wrong with it at once.
Whether an invoice can go to Xero now is not asked here; that is preflight.
"""

from services.intake.invoice import read_invoice
from services.intake.issued import IssuedInvoice
from services.intake.ndjson import Line, read_file

__all__ = ["IssuedInvoice", "Line", "read_file", "read_invoice"]
