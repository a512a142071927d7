"""The story of sixty quiet days, which pass at once: warnings, the disconnection, what waits, and the way back."""

from datetime import date, datetime
from pathlib import Path
from typing import Final

from domain.connection_events import Disconnected, InactivityWarned
from domain.event import Event
from domain.inactivity import DAY
from domain.streams import connection_id
from services.demo import simulated_owner as owner
from services.demo.days import walk
from services.demo.narrator import Narrator
from services.demo.post import Post
from services.demo.simulated_owner import ACCOUNT
from services.demo.stage import Stage
from services.views.invoice_story import tell

GRACE: Final = 3
"""Days more at most: the first reading of contacts brings those we created, and so counts as activity."""


class QuietStory:
    """Tells how a connection nobody uses is warned of and cut, and what becomes of invoices meanwhile."""

    def __init__(self, stage: Stage, examples: Path, narrator: Narrator, post: Post) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._say, self._narrator, self._post = examples, narrator.say, narrator, post
        self._warned = self._gone = False
        self._seen = 0

    def tell(self) -> list[str]:
        """All of it; returns the ids of the invoices that were issued meanwhile."""
        rule = owner.inactivity(self._engine)
        self._say(
            f"Then nothing is synced for {rule.days} days. The clocks of the engine and of Xero are moved on, day by "
            "day; each day Xero's contacts are read, which counts only if it brings something."
        )
        self._seen = len(self._history())
        with self._stage.ticker.resting(), self._narrator.progress() as progress:
            for _ in progress.track(range(rule.days + GRACE), description="days"):
                walk(self._engine, self._stage.xero.control_url, 1, self._each_day)
                if self._gone:
                    break
        later = self._issued_meanwhile()
        self._come_back(later)
        return later

    def _each_day(self, today: date) -> None:
        self._stage.breaking_off.check()
        for event in self._news():
            if isinstance(event, InactivityWarned):
                quiet = (event.occurred_at - event.last_activity_at) // DAY
                self._tell_of(quiet, today, "a mail warns the owner", in_full=not self._warned)
                self._warned = True
            elif isinstance(event, Disconnected):
                self._gone = True
                quiet = (event.occurred_at - datetime.fromisoformat(event.evidence["last_activity_at"])) // DAY
                self._tell_of(quiet, today, "Xero is disconnected, and a mail says so", in_full=True)

    def _tell_of(self, quiet: int, today: date, what: str, *, in_full: bool) -> None:
        self._say(f"Quiet for {quiet} days, {today:%d %B %Y}: {what}.")
        for letter in self._post.deliver():
            if in_full:
                self._post.show(letter)
            else:
                self._narrator.add(letter.subject)

    def _issued_meanwhile(self) -> list[str]:
        later = owner.issue_later(self._engine, self._examples)
        self._say(f"Kyrios issues {self._numbers(later)} all the same. Nothing is lost:")
        self._stage.catch_up()
        for invoice_id in later:
            story = tell(self._engine, self._engine.read, ACCOUNT, invoice_id)
            self._narrator.add(f"{story.number}: {story.explanation.sentence}")
        return later

    def _come_back(self, later: list[str]) -> None:
        owner.agree_again(self._engine, self._stage.xero.control_url, self._examples)
        self._say("The owner connects Xero again; nothing has to be set up anew.")
        self._stage.until(lambda: all(state.status == "synced" for state in self._stage.invoices(later)))
        self._say(f"{self._numbers(later)} are in Xero; nobody had to send them again.")

    def _numbers(self, invoice_ids: list[str]) -> str:
        return " and ".join(state.document.number for state in self._stage.invoices(invoice_ids))

    def _news(self) -> list[Event]:
        history = self._history()
        news, self._seen = history[self._seen :], len(history)
        return news

    def _history(self) -> list[Event]:
        return list(self._engine.store.events_of(connection_id(ACCOUNT)))
