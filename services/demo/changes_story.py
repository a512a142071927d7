"""The story of changes: Kyrios revises and voids invoices, and Xero follows as far as it may."""

from pathlib import Path

from services.demo import simulated_owner as owner
from services.demo.explaining import explained
from services.demo.narrator import Narrator
from services.demo.post import Post
from services.demo.stage import Stage


class ChangesStory:
    """Tells what becomes of a revision of an unpaid and of a paid invoice, and of a void before and after it went."""

    def __init__(self, stage: Stage, examples: Path, narrator: Narrator, post: Post) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._narrator, self._post = examples, narrator, post

    def tell(self) -> None:
        """All of it."""
        revised = owner.revise_invoices(self._engine, self._examples)
        voided = owner.void_invoices(self._engine, self._examples)
        self._narrator.say(f"Kyrios revises {self._named(revised)}, and voids {self._named(voided)}.")
        changed = [*revised, *voided]
        self._stage.until(lambda: not any(state.live for state in self._stage.invoices(changed)))
        self._narrator.say("Xero follows where it may:")
        for what, invoice_ids in (("revised", revised), ("voided", voided)):
            for state in self._stage.invoices(invoice_ids):
                sentence = explained(self._engine, state).sentence
                self._narrator.add(f"{state.document.number}, {what}: {sentence}")
        for letter in self._post.deliver():
            self._narrator.add(f"A mail tells the owner: {letter.subject}")

    def _named(self, invoice_ids: list[str]) -> str:
        return " and ".join(state.document.number for state in self._stage.invoices(invoice_ids))
