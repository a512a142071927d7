"""The import of a large organisation's contacts: calls, memory while it runs, time, and what a later reading costs."""

import tempfile
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from services.bootstrap import Parts
from tests.bench.figures import Chapter, Figure
from tests.bench.ground import Ground
from tests.bench.stopwatch import Stopwatch
from tests.world import ACCOUNT, EXAMPLES, World

CALLS_A_MINUTE: Final = 57
CALLS_A_DAY: Final = 5_000
FEED_PAGE: Final = 1_000


def measure(ground: Ground, contacts: int) -> Chapter:
    """Import so many contacts, read the feed to its end, change one and read again."""
    with tempfile.TemporaryDirectory() as home, ground.world(Parts(), seed=_seed(Path(home), contacts)) as world:
        return _measured(world, contacts)


def _measured(world: World, contacts: int) -> Chapter:
    sizes: list[int] = []
    watch = Stopwatch()
    with watch.timing("import"):
        assert world.engine.contact_reader.read(world.lane, lambda page, read: sizes.append(_resident()))
    calls = _calls(world)
    with watch.timing("feed"):
        fed = _feed(world)
    assert fed == contacts, f"the feed shows {fed}"
    assert world.engine.contact_reader.read(world.lane)
    later = _calls(world) - calls
    minutes, share = calls / CALLS_A_MINUTE, calls / CALLS_A_DAY
    return Chapter(
        title=f"Importing {contacts:,} contacts",
        figures=[
            Figure(what="contacts imported", value=contacts / watch.mean("import"), unit="contacts/s"),
            Figure(what="calls used", value=calls, unit="calls", baseline=contacts / 1_000, against="pages of 1,000"),
            Figure(
                what="largest memory while importing",
                value=max(sizes),
                unit="MiB",
                baseline=sizes[0],
                against="after the first page",
                most_ratio=1.1,
            ),
            Figure(what="feed read", value=fed / watch.mean("feed"), unit="contacts/s"),
            Figure(what="calls of a reading that finds nothing new", value=later, unit="calls"),
        ],
        remarks=[f"within Xero's limits: {minutes:.1f} minutes at {CALLS_A_MINUTE} calls each, {share:.1%} of a day's"],
    )


def _feed(world: World) -> int:
    after, fed, more = 0, 0, True
    while more:
        page = world.engine.contact_feed(ACCOUNT, after, FEED_PAGE)
        after, fed, more = page.next_cursor, fed + len(page.contacts), page.more
    return fed


def _calls(world: World) -> int:
    return len(world.requests("GET", "/Contacts?page"))


def _resident() -> int:
    """Memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4_096 // 2**20


def _seed(home: Path, contacts: int) -> Path:
    """The example's books with so many contacts instead of its own; they changed one after the other, last year."""
    books: Any = msgspec.json.decode((EXAMPLES / "xero-organisation.json").read_bytes())
    first = books["organisations"][0]
    first["Invoices"] = []
    first["Contacts"] = [
        {
            "ContactID": str(UUID(int=number + 1)),
            "Name": f"Customer {number:06}",
            "EmailAddress": f"customer.{number}@example.com",
            "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": f"{number:07}", "PhoneAreaCode": "09"}],
            "UpdatedDateUTC": 1_735_700_000_000 + number * 1_000,
        }
        for number in range(contacts)
    ]
    file = home / "books.json"
    file.write_bytes(msgspec.json.encode(books))
    return file
