"""The two kinds of file an export is written into, row by row."""

import csv
import hashlib
from collections import Counter as Tally
from typing import IO, Any, Final

import msgspec

from adapters.event_store.mapper import RegistryMapper
from adapters.event_store.recorded_events import RecordedEvent
from services.audit.cells import cell
from services.audit.export_form import End, Head, Line, pointers
from services.audit.past_states import happened

COLUMNS: Final = (
    "position", "recorded_at", "occurred_at", "event", "actor", "in_words", "subject", "number", "currency", "total",
    "cause", "organisation_id", "stream_id", "version", "event_id", "correlation_id", "causation_id",
)  # fmt: skip


class NdjsonFile:
    """Lines that can be replayed."""

    def __init__(self, file: IO[str], head: Head) -> None:
        self._file, self._digest, self._tally = file, hashlib.sha256(), _Counted()
        self._line(head)

    def write(self, row: RecordedEvent) -> None:
        """One event."""
        self._tally.count(row)
        self._line(
            Line(
                position=row.position,
                recorded_at=row.recorded_at,
                topic=row.topic,
                stream_id=row.stream_id,
                version=row.version,
                body=msgspec.Raw(row.state),
                sealed=pointers(msgspec.json.decode(row.state)),
            )
        )

    def end(self) -> End:
        """The end of the file: what it holds."""
        end = self._tally.end(self._digest.hexdigest())
        self._line(end)
        return end

    def _line(self, line: Head | Line | End) -> None:
        written = msgspec.json.encode(line) + b"\n"
        self._digest.update(written)
        self._file.write(written.decode())


class CsvFile:
    """Rows for a spreadsheet; the digest is that of the whole file."""

    def __init__(self, file: IO[str]) -> None:
        self._digest, self._tally, self._mapper = hashlib.sha256(), _Counted(), RegistryMapper()
        self._rows = csv.writer(_Digested(file, self._digest), lineterminator="\r\n")
        self._rows.writerow(COLUMNS)

    def write(self, row: RecordedEvent) -> None:
        """One event."""
        self._tally.count(row)
        event = self._mapper.event_of(row.stream_id, row.version, row.topic, row.state)
        told = happened(row, event)
        document = getattr(event, "document", None)
        cause = getattr(event, "cause", None)
        causes = [cause] if cause else getattr(event, "causes", ())
        subject = getattr(event, "kyrios_invoice_id", None) or getattr(event, "kyrios_contact_id", None)
        values = (
            told.position, told.recorded_at.isoformat(), told.occurred_at.isoformat(), told.event, told.actor,
            told.says, subject, document and document.number, document and document.currency,
            document and document.totals.total, " ".join(one.code for one in causes), event.organisation_id,
            told.stream_id, told.version, told.event_id, told.correlation_id, told.causation_id,
        )  # fmt: skip
        self._rows.writerow([cell(value) for value in values])

    def end(self) -> End:
        """The end of the file: what it holds."""
        return self._tally.end(self._digest.hexdigest())


class _Digested:
    """A file that digests what is written into it."""

    def __init__(self, file: IO[str], digest: Any) -> None:
        self._file, self._digest = file, digest

    def write(self, text: str) -> int:
        self._digest.update(text.encode())
        return self._file.write(text)


class _Counted:
    def __init__(self) -> None:
        self._by_type, self._first, self._last = Tally[str](), 0, 0

    def count(self, row: RecordedEvent) -> None:
        self._by_type[row.topic] += 1
        self._first, self._last = self._first or row.position, row.position

    def end(self, sha256: str) -> End:
        by_type = dict(sorted(self._by_type.items()))
        number = sum(by_type.values())
        return End(events=number, by_type=by_type, first=self._first, last=self._last, sha256=sha256)
