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
from domain.explain import explain
from domain.invoice import Invoice
from domain.streams import connection_id, invoice_stream
from services.cli.console import show, table
from services.demo.books import Outcome, check_books
from services.demo.processes import CouldNotStart
from services.demo.simulated_owner import ACCOUNT, BACKEND, organisation_in, set_up_account
from services.demo.stage import Stage
from services.import_invoices import ImportReport, import_invoices
from services.verify import verify

LONGEST: Final = 90.0
PORTION: Final = 25
SETTLED: Final = frozenset({"synced", "blocked", "failed"})


class Story:
    """Tells the story on a stage, to a console; `tell` returns whether everything came out as it should."""

    def __init__(self, stage: Stage, examples: Path, console: Console) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._console = examples, console
        self._began = time.monotonic()
        self._worker = self._fault = 0

    def tell(self) -> bool:
        """The whole story."""
        self._connect()
        self._start_worker()
        report = self._send()
        self._settle(report)
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
            self._console.print(f"          line {one.line}: {'; '.join(one.reasons)}")
        return report

    def _all_is_well(self, report: ImportReport) -> None:
        self._until(lambda: self._settled(report) == len(report.accepted))
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
        self._say(f"Worker {self._worker} is killed with SIGKILL while Xero works on its third request.")
        self._say(f"A new worker starts as process {self._stage.worker.start()}.")

    def _settle(self, report: ImportReport) -> None:
        self._say("Nothing is sent again blindly: leases run out, the quiet period passes, and Xero is searched.")
        with self._progress() as progress:
            task = progress.add_task("settled", total=len(report.accepted))

            def all_settled() -> bool:
                progress.update(task, completed=self._settled(report))
                return progress.tasks[task].finished

            self._until(all_settled)

    def _show(self, report: ImportReport) -> None:
        states = self._states(report)
        adopted = sum(self._adopted(state) for state in states)
        requests = httpx.get(f"{self._stage.xero.control_url}/ledger/requests", timeout=10).json()["requests"]
        creations = sum(r["method"] == "PUT" for r in requests)
        searches = sum(r["method"] == "GET" and "InvoiceNumbers" in r["path"] for r in requests)
        self._say(
            f"All settled: {creations} requests to create, {searches} searches. {adopted} invoices whose answer was "
            f"lost were found in Xero and adopted; {self._doubled()} are there twice."
        )
        self._show_held([state for state in states if state.status == "synced"])
        self._show_held_back([state for state in states if state.status != "synced"])

    def _show_held(self, states: list[Invoice]) -> None:
        shown = [*states[:4], *states[-2:]] if len(states) > 6 else states
        rows = [
            (s.document.number, str(s.document.date), f"{s.document.totals.total:,.2f}", s.xero_invoice_id or "")
            for s in shown
        ]
        if len(states) > len(shown):
            rows.insert(4, ("…", "", f"{len(states) - len(shown)} more", ""))
        self._console.print()
        title = f"In Xero: {len(states)} invoices"
        show(table(["number", "date", "NZD", "Xero's id"], rows, title=title, numbers=["NZD"]), self._console)

    def _show_held_back(self, states: list[Invoice]) -> None:
        connection = self._engine.store.load(connection_id(ACCOUNT), connections.evolve)
        rows = []
        for state in states:
            said = self._engine.answer_words(state.answer_ref, ACCOUNT) if state.answer_ref else None
            answer = explain(state, connection, None, None, xero_said=said)
            standing = {CATALOGUE[cause.code].standing for cause in answer.causes}
            kind = "refused" if "failed" in standing else "waits"
            rows.append((state.document.number, kind, " ".join(c.words for c in answer.causes), ", ".join(answer.who)))
        self._console.print()
        title = f"Not in Xero: {len(states)} invoices"
        show(table(["number", "", "why, and what to do", "who acts"], rows, title=title), self._console)

    def _prove(self, report: ImportReport) -> bool:
        states = self._states(report)
        self._until(lambda: self._engine.projector.position() >= self._engine.store.head())
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
            rejected_lines=[one.line for one in report.not_taken],
        )
        books = check_books(
            outcome,
            invoices=self._examples / "invoices.ndjson",
            control_url=self._stage.xero.control_url,
            opening_books=self._examples / "xero-organisation.json",
        )
        self._say(f"The story took {time.monotonic() - self._began:.0f} s. The books, checked by other arithmetic:")
        self._console.print(str(books))
        return books.agrees and verified.clean

    def _states(self, report: ImportReport) -> list[Invoice]:
        streams = [invoice_stream(ACCOUNT, invoice_id) for invoice_id in report.accepted]
        states = self._engine.store.load_many(streams, invoices.evolve)
        return [states[stream] for stream in streams]

    def _doubled(self) -> int:
        """How many invoice numbers Xero holds more than once."""
        held = httpx.get(f"{self._stage.xero.control_url}/ledger/invoices", timeout=10).json()["invoices"]
        return len(held) - len({invoice["InvoiceNumber"] for invoice in held})

    def _settled(self, report: ImportReport) -> int:
        return sum(state.status in SETTLED for state in self._states(report))

    def _struck(self) -> None:
        if not self._stage.fault_fired(self._fault):
            raise TimeoutError(f"the worker sent nothing; its log is {self._stage.log}")

    def _adopted(self, state: Invoice) -> bool:
        events = self._engine.store.events_of(invoice_stream(ACCOUNT, state.kyrios_invoice_id))
        return any(isinstance(event, invoices.InvoiceSynced) and event.adopted for event in events)

    def _until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + LONGEST
        while not done():
            if not self._stage.worker.running():
                raise CouldNotStart(f"the worker ended by itself; its log is {self._stage.log}")
            if time.monotonic() > end:
                raise TimeoutError(f"this took longer than {LONGEST:g} s; the log is {self._stage.log}")
            time.sleep(0.2)

    def _progress(self) -> Progress:
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, disable=not self._console.is_terminal)

    def _say(self, sentence: str) -> None:
        self._console.print(f"[{time.monotonic() - self._began:5.1f} s] {sentence}")
