"""The end of the story: what is in Xero and what is not, the log replayed, and the books compared."""

from pathlib import Path

from domain.invoice import Invoice
from services.demo import simulated_owner as owner
from services.demo.books import Outcome, check_books
from services.demo.explaining import explained
from services.demo.narrator import Narrator
from services.demo.outcome_tables import show_held, show_held_back
from services.demo.simulated_owner import ACCOUNT
from services.demo.stage import Stage
from services.import_invoices import ImportReport
from services.proof.verify import verify


class Proof:
    """Shows and proves what came of a file."""

    def __init__(self, stage: Stage, examples: Path, narrator: Narrator) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._narrator = examples, narrator

    def give(self, report: ImportReport, later: list[str]) -> bool:
        """Whether everything came out as it should; `later` are the ids of invoices issued after the file."""
        accepted = [*report.accepted, *later]
        clean = self._replayed()
        agreed = self._books_agree(report, accepted, self._stage.invoices(accepted))
        settled = self._everything_in_xero(accepted)
        self._narrator.say(f"The story took {self._narrator.took:.0f} s.")
        return clean and agreed and settled

    def show(self, report: ImportReport) -> None:
        """What is in Xero, and what is not."""
        states = self._stage.invoices(report.accepted)
        console = self._narrator.console
        show_held([state for state in states if state.status == "synced"], console)
        held_back = [state for state in states if state.status != "synced"]
        show_held_back(held_back, lambda state: explained(self._engine, state), console)
        console.print()

    def _replayed(self) -> bool:
        self._stage.catch_up()
        verified = verify(self._engine.read)
        open_ = "1 open entry" if verified.open_entries == 1 else f"{verified.open_entries} open entries"
        self._narrator.say(
            f"verify: {verified.events} events of {verified.streams} streams replayed, {open_}, "
            f"{verified.found} findings."
        )
        for finding in verified.findings:
            self._narrator.add(str(finding))
        return verified.clean

    def _everything_in_xero(self, accepted: list[str]) -> bool:
        """Ask the product itself, before and after people dealt with what is left."""
        self._narrator.say(f"Is everything in Xero? {self._engine.books(ACCOUNT).answer}")
        owner.take_back(self._engine, self._examples)
        outside = [s.kyrios_invoice_id for s in self._stage.invoices(accepted) if s.status in ("blocked", "failed")]
        owner.leave_out(self._engine, outside)
        self._stage.catch_up()
        self._narrator.say(
            f"The owner leaves those {len(outside)} out, with a reason, and Kyrios takes the refused change back."
        )
        found = self._engine.books(ACCOUNT)
        self._narrator.say(f"Is everything in Xero? {found.answer}")
        return found.everything_in_xero

    def _books_agree(self, report: ImportReport, accepted: list[str], states: list[Invoice]) -> bool:
        outcome = Outcome(
            accepted=accepted,
            waiting=[s.kyrios_invoice_id for s in states if s.status == "blocked"],
            refused=[s.kyrios_invoice_id for s in states if s.status == "failed"],
            voided=[s.kyrios_invoice_id for s in states if s.status == "voided"],
            unrevised=[s.kyrios_invoice_id for s in states if s.revision > s.synced_revision and s.refused],
            rejected_lines=[one.line for one in report.not_taken],
        )
        books = check_books(
            outcome,
            invoices=self._examples / "invoices.ndjson",
            changes=self._examples / "changes",
            later=self._examples / "changes" / "later.ndjson",
            control_url=self._stage.xero.control_url,
            opening_books=self._examples / "xero-organisation.json",
        )
        self._narrator.say("The books, checked by other arithmetic:")
        self._narrator.console.print(str(books))
        return books.agrees
