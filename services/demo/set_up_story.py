"""The beginning of the demo's story: connect, choose among the accounts on offer, confirm taxes, import contacts."""

from pathlib import Path

from domain.streams import connection_id
from domain.tax_standing import completeness
from services.contacts.import_standing import ContactImport, imports
from services.demo import simulated_owner as owner
from services.demo.narrator import Narrator
from services.demo.set_up_tables import show_left_out, show_suggestions
from services.demo.simulated_owner import ACCOUNT
from services.demo.stage import Stage


class SetUpStory:
    """Tells how an account is set up, step by step, until its gate is open."""

    def __init__(self, stage: Stage, examples: Path, narrator: Narrator) -> None:
        self._stage, self._engine = stage, stage.engine
        self._examples, self._say, self._console = examples, narrator.say, narrator.console

    def tell(self) -> None:
        """All of it."""
        self._connect()
        self._choose_accounts()
        self._map_taxes()
        self._import_contacts()

    def _connect(self) -> None:
        owner.connect(self._engine, self._stage.xero.control_url, self._examples)
        name = owner.organisation_in(self._examples / "xero-organisation.json")["Organisation"]["Name"]
        self._say(f"Account {ACCOUNT} connects to {name} in a simulated Xero at {self._stage.xero.api_url}.")

    def _choose_accounts(self) -> None:
        listed = self._engine.set_up.offered_accounts(ACCOUNT)
        offered = [str(one.account) for one in listed if one.offered]
        self._say(f"Of Xero's {len(listed)} ledger accounts {len(offered)} are on offer: {', '.join(offered)}.")
        show_left_out(listed, self._console)
        owner.choose_accounts(self._engine)
        self._say("The owner chooses 200 for lines, 850 for payments, and allows 260.")

    def _map_taxes(self) -> None:
        owner.declare_taxes(self._engine, self._examples)
        found = self._engine.set_up.suggest_taxes(ACCOUNT)
        self._say(f"Kyrios offers {len(found)} tax sets; each is compared with Xero's rates.")
        confirmed = owner.confirm_suggestions(self._engine, self._examples)
        picked = owner.pick_the_rest(self._engine, self._examples)
        show_suggestions(found, confirmed, picked, self._console)
        whole = completeness(self._engine.set_up.tax_standings(ACCOUNT))
        self._say(f"{whole} Only the invoices that bear it will wait for that. The gate is open.")

    def _import_contacts(self) -> None:
        known = owner.link_contacts(self._engine, self._examples)
        self._stage.wait(lambda: (found := self._imported()) is not None and found.last_read_at is not None)
        standing = self._imported()
        assert standing is not None, "the account is connected"
        self._say(
            f"All of Xero's contacts are imported: {standing.in_use} in use, {standing.no_longer_in_use} archived. "
            f"Kyrios knows {known} of them already."
        )

    def _imported(self) -> ContactImport | None:
        return imports(self._engine.store, self._engine.read).get(connection_id(ACCOUNT))
