"""The demo's story, its parts in order: connect, send a file through trouble, map a forgotten tax, change, compare."""

from collections import Counter
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from domain import invoice as invoices
from domain.invoice import Invoice
from domain.invoice_payment import next_due
from domain.streams import invoice_stream
from services.demo.books import Outcome, check_books
from services.demo.changes_story import ChangesStory
from services.demo.explaining import explained
from services.demo.narrator import Narrator
from services.demo.outcome_tables import show_held, show_held_back
from services.demo.set_up_story import SetUpStory
from services.demo.simulated_owner import (
    ACCOUNT,
    BACKEND,
    forgotten_taxes,
    map_forgotten_taxes,
)
from services.demo.stage import Stage
from services.import_invoices import ImportReport, import_invoices
from services.verify import verify

PORTION: Final = 50
SETTLED: Final = frozenset({"synced", "blocked", "failed"})
WRITTEN: Final = {
    "/api.xro/2.0/Invoices": "invoices",
    "/api.xro/2.0/Contacts": "contacts",
    "/api.xro/2.0/Payments": "payments",
}


class Story:
    """Tells the story on a stage, to a console; `tell` returns whether everything came out as it should."""

    def __init__(self, stage: Stage, examples: Path, console: Console) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._console = examples, console
        self._narrator = Narrator(console)
        self._say = self._narrator.say
        self._worker = self._fault = 0

    def tell(self) -> bool:
        """The whole story."""
        SetUpStory(self._stage, self._examples, self._narrator).tell()
        self._start_worker()
        report = self._send()
        self._settle(report)
        self._tell_what_happened(report)
        self._map_the_forgotten_tax(report)
        ChangesStory(self._stage, self._examples, self._narrator).tell()
        states = self._states(report)
        show_held([state for state in states if state.status == "synced"], self._console)
        show_held_back(
            [state for state in states if state.status != "synced"],
            lambda state: explained(self._engine, state),
            self._console,
        )
        return self._prove(report)

    def _start_worker(self) -> None:
        self._worker = self._stage.worker.start()
        timing = self._engine.timing
        self._say(
            f"A worker runs as process {self._worker}. Times are short here: read timeout {timing.call:g} s, lease "
            f"{timing.lease:g} s, quiet period {timing.quiet:g} s (production: 90, 150 and 180 s)."
        )

    def _send(self) -> ImportReport:
        """Kyrios sends its file in three portions, as through a day; something happens to the second and the third."""
        file = self._examples / "invoices.ndjson"
        self._say(f"Kyrios sends {file.parent.name}/{file.name}, {PORTION} lines at a time.")
        happenings = iter((self._all_is_well, self._answer_is_lost, self._worker_is_killed))

        def portion_accepted(report: ImportReport) -> None:
            next(happenings)(report)

        with file.open("rb") as stream:
            report = import_invoices(
                stream, ACCOUNT, self._engine.queue_invoices, BACKEND, portion_accepted, lines_at_once=PORTION
            )
        self._say(f"{report.lines} lines are read: {len(report.accepted)} accepted, {len(report.not_taken)} not taken:")
        for one in report.not_taken:
            self._narrator.add(f"line {one.line}: {'; '.join(one.reasons)}")
        return report

    def _all_is_well(self, report: ImportReport) -> None:
        self._stage.until(lambda: self._settled(report) == len(report.accepted))
        held = sum(state.status == "synced" for state in self._states(report))
        self._say(f"{len(report.accepted)} are accepted, and a moment later {held} of them are in Xero.")
        self._fault = self._stage.plan_fault("answer_lost")

    def _answer_is_lost(self, report: ImportReport) -> None:
        self._struck()
        self._say("The next request's answer is lost on the way: Xero has stored its invoices, and we do not know it.")
        self._fault = self._stage.plan_fault("hold")

    def _worker_is_killed(self, report: ImportReport) -> None:
        self._struck()
        self._stage.worker.kill()
        self._say(f"Worker {self._worker} is killed with SIGKILL while Xero works on its request.")
        self._say(f"A new worker starts as process {self._stage.worker.start()}.")

    def _settle(self, report: ImportReport) -> None:
        self._say("Nothing is sent again blindly: leases run out, the quiet period passes, and Xero is searched.")
        with self._narrator.progress() as progress:
            task = progress.add_task("settled", total=len(report.accepted))

            def all_settled() -> bool:
                progress.update(task, completed=self._settled(report))
                return progress.tasks[task].finished

            self._stage.until(all_settled)

    def _tell_what_happened(self, report: ImportReport) -> None:
        adopted = sum(self._adopted(state) for state in self._states(report))
        requests = httpx.get(f"{self._stage.xero.control_url}/ledger/requests", timeout=10).json()["requests"]
        written = Counter(request["path"].partition("?")[0] for request in requests if request["method"] == "PUT")
        counts = [f"{written[path]} for {what}" for path, what in WRITTEN.items()]
        searches = sum(r["method"] == "GET" and "InvoiceNumbers" in r["path"] for r in requests)
        self._say(
            f"All settled: {sum(written.values())} requests to create ({', '.join(counts)}), {searches} searches. "
            f"{adopted} invoices whose answer was lost were found in Xero and adopted; {self._doubled()} are there "
            "twice."
        )

    def _map_the_forgotten_tax(self, report: ImportReport) -> None:
        forgotten = forgotten_taxes(self._engine)
        keys, names = {one.tax_set.key for one in forgotten}, ", ".join(one.name for one in forgotten)
        waiting = [state.kyrios_invoice_id for state in self._states(report) if _waits_for(state, keys)]
        self._say(f"{len(waiting)} invoices wait, as {names} has no rate in Xero. The owner maps it.")
        map_forgotten_taxes(self._engine)
        self._stage.until(lambda: all(_is_in_xero(state) for state in self._stage.invoices(waiting)))
        self._say(f"All {len(waiting)} are in Xero now, with their payments; nobody had to send them again.")

    def _prove(self, report: ImportReport) -> bool:
        states = self._states(report)
        self._stage.until(lambda: self._engine.projector.position() >= self._engine.store.head())
        verified = verify(self._engine.read)
        self._console.print()
        self._say(
            f"verify: {verified.events} events of {verified.streams} streams replayed, {verified.open_entries} open "
            f"entries, {verified.found} findings."
        )
        for finding in verified.findings:
            self._console.print(f"    {finding}")
        outcome = Outcome(
            accepted=report.accepted,
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
            control_url=self._stage.xero.control_url,
            opening_books=self._examples / "xero-organisation.json",
        )
        self._say(f"The story took {self._narrator.took:.0f} s. The books, checked by other arithmetic:")
        self._console.print(str(books))
        return books.agrees and verified.clean

    def _states(self, report: ImportReport) -> list[Invoice]:
        return self._stage.invoices(report.accepted)

    def _doubled(self) -> int:
        """How many invoice numbers Xero holds more than once."""
        held = httpx.get(f"{self._stage.xero.control_url}/ledger/invoices", timeout=10).json()["invoices"]
        return len(held) - len({invoice["InvoiceNumber"] for invoice in held})

    def _settled(self, report: ImportReport) -> int:
        return sum(_is_settled(state) for state in self._states(report))

    def _struck(self) -> None:
        if not self._stage.fault_fired(self._fault):
            raise TimeoutError(f"the worker sent nothing; its log is {self._stage.log}")

    def _adopted(self, state: Invoice) -> bool:
        events = self._engine.store.events_of(invoice_stream(ACCOUNT, state.kyrios_invoice_id))
        return any(isinstance(event, invoices.InvoiceSynced) and event.adopted for event in events)


def _is_settled(state: Invoice) -> bool:
    """Whether nothing more happens to it by itself."""
    on_its_way = any(cause.code == "contact_pending" for cause in state.causes)
    return state.status in SETTLED and not on_its_way and next_due(state.payments) is None


def _is_in_xero(state: Invoice) -> bool:
    return state.status == "synced" and next_due(state.payments) is None


def _waits_for(state: Invoice, tax_sets: set[str]) -> bool:
    return any(cause.code == "tax_set_unmapped" and cause.key in tax_sets for cause in state.causes)
