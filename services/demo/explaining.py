"""What the product itself says of an invoice of the story: the sentences of its screens, mails and commands."""

from domain.explain import Explanation, explain
from domain.invoice import Invoice
from services.bootstrap import Engine
from services.demo.simulated_owner import ACCOUNT


def explained(engine: Engine, state: Invoice) -> Explanation:
    """The answer to: why is it (not) in Xero, and who must act. Nothing of it is on its way."""
    said = engine.answer_words(state.answer_ref, ACCOUNT) if state.answer_ref else None
    return explain(state, engine.set_up.connection(ACCOUNT), None, None, xero_said=said)
