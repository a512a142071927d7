"""A life of an account, in an order drawn by a seed: everything people and Xero do to invoices, mappings and links."""

import random
from collections.abc import Callable

from domain import connection as connections
from domain.refusals import Refusal
from domain.streams import invoice_stream
from tests.changes import revise, revised
from tests.payments import paid_invoices, take_payments
from tests.world import ACCOUNT, BACKEND, OWNER, World, contact_links, declared_taxes, example_invoices, organisation_id


class Life:
    """Does one thing after another; what makes no sense just then is refused and does no harm."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._random, self._invoices = world, random.Random(seed), 0

    def go_on(self) -> str:
        """Do the next thing; returns its name."""
        deed = self._random.choice(self._deeds())
        try:
            deed()
        except Refusal:
            return f"{deed.__name__} was refused"
        return deed.__name__

    def _deeds(self) -> list[Callable[[], object]]:
        known = self._world.engine.store.load(self._world.lane, connections.evolve)
        if known is None or known.grant_id is None:
            return [self.reconnect, self.reconnect, self.take_on, self.revise, self.void]
        often = [self.take_on, self.pay, self.lose_an_answer, self.send, self.send, self.send, self.link, self.map]
        by_people = [self.revise, self.void, self.leave_out, self.retry]
        return [*often, *often, *by_people, self.unmap, self.unlink, self.setting, self.disconnect]

    def take_on(self) -> None:
        self._world.queue(example_invoices(3, start=self._invoices))
        self._invoices += 3

    def pay(self) -> None:
        take_payments(self._world)
        self._world.queue(paid_invoices(1, "100.00", start=self._invoices))
        self._invoices += 1

    def send(self) -> None:
        self._world.work(60)
        self._world.later(10)

    def lose_an_answer(self) -> None:
        self._world.fault("http_500_after", method="PUT")
        self.send()

    def revise(self) -> None:
        revise(self._world, revised(self._one(), revision=self._random.randint(2, 9)))

    def void(self) -> None:
        self._world.engine.void_invoice(ACCOUNT, f"inv-{self._one()}", BACKEND)

    def leave_out(self) -> None:
        stream = invoice_stream(ACCOUNT, f"inv-{self._one()}")
        self._world.engine.dismiss_invoices(ACCOUNT, [stream], "Entered by hand", OWNER)

    def retry(self) -> None:
        self._world.engine.retry_invoice(ACCOUNT, f"inv-{self._one()}", OWNER)

    def unmap(self) -> None:
        self._world.engine.set_up.unmap_tax(ACCOUNT, declared_taxes()[0][0].tax_set, OWNER)

    def map(self) -> None:
        declared, tax_type = declared_taxes()[0]
        self._world.engine.set_up.map_tax(ACCOUNT, declared.tax_set, tax_type, OWNER)
        self._release()

    def unlink(self) -> None:
        self._world.engine.contact_links.unlink(ACCOUNT, next(iter(contact_links())), BACKEND)

    def link(self) -> None:
        self._world.engine.contact_links.link(ACCOUNT, contact_links(), BACKEND)
        self._release()

    def setting(self) -> None:
        self._world.engine.set_up.change_setting(
            ACCOUNT, "tax.gate", self._random.choice(["all_active", "used_on_invoice"]), OWNER
        )

    def disconnect(self) -> None:
        self._world.engine.set_up.disconnect(ACCOUNT, OWNER)

    def reconnect(self) -> None:
        self._world.consent()
        self._world.engine.set_up.choose_organisation(ACCOUNT, organisation_id(), OWNER)

    def _release(self) -> None:
        self._world.engine.projector.catch_up()
        self._world.engine.releaser.step(self._world.engine.projector.position())

    def _one(self) -> int:
        return self._random.randrange(max(1, self._invoices))
