"""The books check: does Xero hold exactly what the example file says, to the cent?

It knows only two things: the files of invoices and of their changes, and the ledger of the simulated Xero, read over
HTTP. It has its own small arithmetic and shares no code with the engine, so that their agreement proves something.
"""

from services.demo.books.check import BooksCheck, check_books
from services.demo.books.outcome import Outcome
from services.demo.books.sources import BooksUnreadable

__all__ = ["BooksCheck", "BooksUnreadable", "Outcome", "check_books"]
