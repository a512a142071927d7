"""Organisation, actions, accounts, tax rates and currencies: what an app reads before it writes."""

from typing import Any

from adapters.simulator import errors
from adapters.simulator.accounting.call import Call
from adapters.simulator.accounting.dates import instant_string, ms_date, zone
from adapters.simulator.accounting.plan import Plan
from adapters.simulator.ledger.documents import Document
from adapters.simulator.wire.exchange import Response


def get_organisation(call: Call) -> Response:
    """The organisation; lock dates appear only when they are set."""
    shown = {name: value for name, value in call.organisation.items() if name != "UpdatedDateUTC"}
    for name in ("PeriodLockDate", "EndOfYearLockDate", "CreatedDateUTC"):
        if isinstance(shown.get(name), int):
            shown[name] = ms_date(shown[name])
    return call.answer("Organisations", [_without_nulls(shown)])


def get_actions(call: Call) -> Response:
    """What the user may do in the organisation; an action a plan has used up is not allowed any more."""
    today = call.clock.now().astimezone(zone(str(call.organisation.get("Timezone", "")))).date()
    plan = Plan(call.tenant_id, call.books, call.invoices, call.behaviour, today)
    return call.answer("Actions", plan.actions())


def list_accounts(call: Call) -> Response:
    """All accounts, never paged."""
    since = call.question.modified_since_ms()
    held = [
        a for a in call.books.shelf(call.tenant_id, "accounts").values() if since is None or a["UpdatedDateUTC"] > since
    ]
    return call.answer("Accounts", call.question.filtered([dated(account) for account in held]))


def get_account(call: Call) -> Response:
    """One account by its id."""
    account = call.books.shelf(call.tenant_id, "accounts").get(call.segments["id"].lower())
    if account is None:
        raise errors.Refusal(errors.not_found())
    return call.answer("Accounts", [dated(account)])


def list_tax_rates(call: Call) -> Response:
    """All tax rates, never paged; no modified-since at Xero."""
    held = call.books.shelf(call.tenant_id, "tax_rates").values()
    return call.answer("TaxRates", call.question.filtered([_rate(rate) for rate in held]))


def get_tax_rate(call: Call) -> Response:
    """The rate of one TaxType."""
    rate = call.books.shelf(call.tenant_id, "tax_rates").get(call.segments["id"].upper())
    if rate is None:
        raise errors.Refusal(errors.not_found())
    return call.answer("TaxRates", [_rate(rate)])


def list_currencies(call: Call) -> Response:
    """The currencies the organisation subscribed to."""
    held = call.books.shelf(call.tenant_id, "currencies").values()
    shown: list[Document] = [
        {name: currency[name] for name in ("Code", "Description") if name in currency} for currency in held
    ]
    return call.answer("Currencies", call.question.filtered(shown))


def dated(document: Document) -> Document:
    """An object with its time of change as Xero writes it, without empty properties."""
    ms: Any = document["UpdatedDateUTC"]
    shown = {**document, "UpdatedDateUTC": ms_date(ms), "UpdatedDateUTCString": instant_string(ms)}
    return _without_nulls(shown)


def _rate(rate: Document) -> Document:
    return _without_nulls({name: value for name, value in rate.items() if name != "UpdatedDateUTC"})


def _without_nulls(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}
