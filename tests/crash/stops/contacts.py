"""Where a process stops while it reads contacts."""

from collections.abc import Iterator
from typing import Any

from adapters.xero.answers import XeroContact
from adapters.xero.session import XeroSession
from services.contacts.reader import ContactReader
from tests.crash.stops.pausing import reached


class ReadsSmallPages(XeroSession):
    """Fourteen contacts a page, so that the example's books fill two."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Small pages."""
        return super().contacts(page_size=14, **how)


class StopsWithPage(ReadsSmallPages):
    """A page of contacts is read; nothing of it is kept."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Stop with a page in hand."""
        for page in super().contacts(**how):
            reached("with_page")
            yield page


class StopsInsidePage(ContactReader):
    """A page is written and its numbers are given out, in a transaction that is not committed."""

    def _keep(self, *page: Any) -> None:
        super()._keep(*page)
        reached("inside_page")


class StopsAfterPage(ReadsSmallPages):
    """A page is kept; the next one was not asked for."""

    def contacts(self, **how: Any) -> Iterator[tuple[XeroContact, ...]]:
        """Stop once the page that was handed out is kept."""
        for page in super().contacts(**how):
            yield page
            reached("after_page")
