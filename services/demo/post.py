"""The story's post: half a minute passes, mails that are due go out over SMTP, and the owner opens the letter box."""

from datetime import timedelta
from typing import Final

from adapters.event_store import mails
from services.demo.letter_box import Letter, LetterBox
from services.demo.narrator import Narrator
from services.demo.simulated_owner import ACCOUNT
from services.demo.stage import Stage
from services.mailing.post_office import folder_of

COLLECTED: Final = timedelta(seconds=31)
"""How long mails of one cause are collected, and a moment more."""


class Post:
    """Delivers, and shows what came."""

    def __init__(self, stage: Stage, narrator: Narrator) -> None:
        folder = folder_of(stage.engine.settings)
        assert folder is not None, "the story has a mail server of its own"
        self._stage, self._engine, self._narrator, self._box = stage, stage.engine, narrator, LetterBox(folder)

    def deliver(self) -> list[Letter]:
        """Let the mails go that were asked for until now; returns those that came."""
        self._stage.catch_up()
        self._stage.move_clocks(COLLECTED)
        self._stage.wait(lambda: not self._under_way())
        return self._box.new()

    def show(self, letter: Letter) -> None:
        """The subject and the first lines of a mail."""
        self._narrator.quote([f"To: {letter.to}", f"Subject: {letter.subject}", "", *letter.lines])

    def _under_way(self) -> bool:
        while self._engine.mailer.step():
            pass
        with self._engine.store.begin() as tx:
            return any(mail["due_at"] <= tx.now() for mail in mails.waiting(tx.cursor, ACCOUNT))
