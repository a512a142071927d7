"""The story of a file on its way: three portions, an answer that is lost, a worker that is killed."""

from collections import Counter
from pathlib import Path
from typing import Final

import httpx

from domain import invoice as invoices
from domain.invoice import Invoice
from domain.streams import invoice_stream
from services.demo.narrator import Narrator
from services.demo.simulated_owner import ACCOUNT, BACKEND
from services.demo.stage import Stage, is_settled
from services.import_invoices import ImportReport, import_invoices

PORTION: Final = 50
WRITTEN: Final = {
    "/api.xro/2.0/Invoices": "invoices",
    "/api.xro/2.0/Contacts": "contacts",
    "/api.xro/2.0/Payments": "payments",
}


class SendingStory:
    """Tells how the file is taken on and sent through trouble, until nothing more happens by itself."""

    def __init__(self, stage: Stage, examples: Path, narrator: Narrator) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._narrator, self._say = examples, narrator, narrator.say
        self._worker = self._fault = 0

    def tell(self) -> ImportReport:
        """All of it; returns what became of the file."""
        self._start_worker()
        report = self._send()
        self._settle(report)
        self._tell_what_happened(report)
        return report

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

    def _states(self, report: ImportReport) -> list[Invoice]:
        return self._stage.invoices(report.accepted)

    def _doubled(self) -> int:
        """How many invoice numbers Xero holds more than once."""
        held = httpx.get(f"{self._stage.xero.control_url}/ledger/invoices", timeout=10).json()["invoices"]
        return len(held) - len({invoice["InvoiceNumber"] for invoice in held})

    def _settled(self, report: ImportReport) -> int:
        return sum(is_settled(state) for state in self._states(report))

    def _struck(self) -> None:
        if not self._stage.fault_fired(self._fault):
            raise TimeoutError(f"the worker sent nothing; its log is {self._stage.log}")

    def _adopted(self, state: Invoice) -> bool:
        events = self._engine.store.events_of(invoice_stream(ACCOUNT, state.kyrios_invoice_id))
        return any(isinstance(event, invoices.InvoiceSynced) and event.adopted for event in events)
