"""The demo's story: connect, send a file of invoices, lose an answer, kill a worker, and see that the books agree."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain import connection as connections
from domain import invoice as invoices
from domain.causes import CATALOGUE
from domain.invoice import Invoice
from domain.streams import connection_id, invoice_stream
from services.cli.console import table
from services.demo.books import Outcome, check_books
from services.demo.simulated_owner import ACCOUNT, BACKEND, organisation_in, set_up_account
from services.demo.stage import Stage
from services.import_invoices import ImportReport, import_invoices
from services.invoice_question import Question
from services.verify import verify

LONGEST: Final = 90.0
SETTLED: Final = frozenset({"synced", "blocked", "failed"})


class Story:
    """Tells the story on a stage, to a console; `tell` returns whether everything came out as it should."""

    def __init__(self, stage: Stage, examples: Path, console: Console) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._console = examples, console
        self._began = time.monotonic()

    def tell(self) -> bool:
        """The whole story."""
        self._connect()
        self._plan_trouble()
        report = self._send()
        self._watch(report)
        self._show(report)
        return self._prove(report)

    def _connect(self) -> None:
        set_up_account(self._engine, self._stage.xero.control_url, self._examples)
        name = organisation_in(self._examples / "xero-organisation.json")["Organisation"]["Name"]
        state = self._engine.store.load(connection_id(ACCOUNT), connections.evolve)
        assert state is not None
        self._say(f"Account {ACCOUNT} is connected to {name} in a simulated Xero at {self._stage.xero.api_url}.")
        mapped = ", ".join(f"{d.name} → {state.mappings[d.tax_set.key].tax_type}" for d in state.declared or ())
        self._say(f"Taxes are mapped: {mapped}. The gate is open.")

    def _plan_trouble(self) -> None:
        self._lost = self._stage.plan_fault("answer_lost")
        self._held = self._stage.plan_fault("hold")
        self._worker = self._stage.worker.start()
        timing = self._engine.timing
        self._say(
            f"A worker runs as process {self._worker}. Times are short here: read timeout {timing.call:g} s, lease "
            f"{timing.lease:g} s, quiet period {timing.quiet:g} s (production: 90, 150 and 180 s)."
        )

    def _send(self) -> ImportReport:
        file = self._examples / "invoices.ndjson"
        with file.open("rb") as stream:
            report = import_invoices(stream, ACCOUNT, self._engine.queue_invoices, BACKEND)
        self._say(
            f"Kyrios sends {report.lines} lines of {file.parent.name}/{file.name}: {len(report.accepted)} accepted, "
            f"{len(report.not_taken)} not taken:"
        )
        for one in report.not_taken:
            self._console.print(f"    line {one.line}: {'; '.join(one.reasons)}", markup=False)
        return report

    def _watch(self, report: ImportReport) -> None:
        with self._progress() as progress:
            task = progress.add_task("settled", total=len(report.accepted))

            def look() -> int:
                states = self._states(report)
                done = sum(state.status in SETTLED for state in states)
                progress.update(task, completed=done)
                return done

            if self._stage.fault_fired(self._lost):
                self._say("The answer to the first request is lost: Xero has stored its invoices, we do not know it.")
            if self._stage.fault_fired(self._held):
                self._stage.worker.kill()
                self._say(f"Worker {self._worker} is killed with SIGKILL while Xero works on its second request.")
                self._say(f"A new worker starts as process {self._stage.worker.start()}.")
            self._say("Nothing is sent again blindly: leases run out, the quiet period passes, Xero is searched.")
            self._until(lambda: look() == len(report.accepted))

    def _show(self, report: ImportReport) -> None:
        states = self._states(report)
        adopted = sum(self._adopted(state) for state in states)
        requests = httpx.get(f"{self._stage.xero.control_url}/ledger/requests", timeout=10).json()["requests"]
        creations = sum(r["method"] == "PUT" for r in requests)
        searches = sum(r["method"] == "GET" and "InvoiceNumbers" in r["path"] for r in requests)
        self._say(
            f"All settled: {creations} requests to create, {searches} searches; {adopted} invoices whose answer was "
            "lost were found in Xero and adopted, none was sent twice."
        )
        self._show_held([state for state in states if state.status == "synced"])
        self._show_held_back([state for state in states if state.status != "synced"])

    def _show_held(self, states: list[Invoice]) -> None:
        shown = [*states[:4], *states[-2:]] if len(states) > 6 else states
        rows = [
            (s.document.number, s.document.date, f"{s.document.totals.total:,.2f}", s.xero_invoice_id or "")
            for s in shown
        ]
        if len(states) > len(shown):
            rows.insert(4, ("…", "", f"{len(states) - len(shown)} more", ""))
        self._console.print()
        title = f"In Xero: {len(states)} invoices"
        self._console.print(table(["number", "date", "NZD", "Xero's id"], rows, title=title))

    def _show_held_back(self, states: list[Invoice]) -> None:
        question = Question(self._engine)
        rows = []
        for state in states:
            answer = question.explain(state)
            standing = {CATALOGUE[cause.code].standing for cause in answer.causes}
            kind = "refused" if "failed" in standing else "waits"
            rows.append((state.document.number, kind, " ".join(c.words for c in answer.causes), ", ".join(answer.who)))
        self._console.print()
        title = f"Not in Xero: {len(states)} invoices"
        self._console.print(table(["number", "", "why, and what to do", "who acts"], rows, title=title))

    def _prove(self, report: ImportReport) -> bool:
        states = self._states(report)
        self._until(lambda: self._engine.projector.position() >= self._engine.store.head())
        findings = verify(self._engine.store, self._engine.read)
        self._console.print()
        self._say(f"verify: {findings.summary()}")
        outcome = Outcome(
            accepted=report.accepted,
            waiting=[s.kyrios_invoice_id for s in states if s.status == "blocked"],
            refused=[s.kyrios_invoice_id for s in states if s.status == "failed"],
            rejected_lines=[one.line for one in report.not_taken],
        )
        books = check_books(
            outcome,
            invoices=self._examples / "invoices.ndjson",
            control_url=self._stage.xero.control_url,
            opening_books=self._examples / "xero-organisation.json",
        )
        self._say(f"The story took {time.monotonic() - self._began:.0f} s. The books, checked by other arithmetic:")
        self._console.print(str(books), markup=False)
        return books.agrees and findings.clean

    def _states(self, report: ImportReport) -> list[Invoice]:
        streams = [invoice_stream(ACCOUNT, invoice_id) for invoice_id in report.accepted]
        states = self._engine.store.load_many(streams, invoices.evolve)
        return [states[stream] for stream in streams]

    def _adopted(self, state: Invoice) -> bool:
        events = self._engine.store.events_of(invoice_stream(ACCOUNT, state.kyrios_invoice_id))
        return any(isinstance(event, invoices.InvoiceSynced) and event.adopted for event in events)

    def _until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + LONGEST
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"this took longer than {LONGEST:g} s; the log is {self._stage.log}")
            time.sleep(0.2)

    def _progress(self) -> Progress:
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, disable=not self._console.is_terminal)

    def _say(self, sentence: str) -> None:
        self._console.print(f"[{time.monotonic() - self._began:5.1f} s] {sentence}", markup=False)
