"""Everything of the Accounting API this simulator serves, and what it knows to be Xero's beyond that."""

from adapters.simulator.accounting import contacts, invoices, payments, reference
from adapters.simulator.accounting.call import Resource
from adapters.simulator.identity.scopes import (
    CONTACTS_READ,
    CONTACTS_WRITE,
    INVOICES_READ,
    INVOICES_WRITE,
    PAYMENTS_READ,
    PAYMENTS_WRITE,
    SETTINGS_READ,
)
from adapters.simulator.wire.routing import Route, Router

ROOT = "/api.xro/2.0"


def accounting_routes() -> Router[Resource]:
    """The table; a later resource is one more row."""
    return Router[Resource](
        [
            Route("GET", f"{ROOT}/Organisation", reference.get_organisation, SETTINGS_READ),
            Route("GET", f"{ROOT}/Organisation/Actions", reference.get_actions, SETTINGS_READ),
            Route("GET", f"{ROOT}/Accounts", reference.list_accounts, SETTINGS_READ),
            Route("GET", f"{ROOT}/Accounts/{{id}}", reference.get_account, SETTINGS_READ),
            Route("GET", f"{ROOT}/TaxRates", reference.list_tax_rates, SETTINGS_READ),
            Route("GET", f"{ROOT}/TaxRates/{{id}}", reference.get_tax_rate, SETTINGS_READ),
            Route("GET", f"{ROOT}/Currencies", reference.list_currencies, SETTINGS_READ),
            Route("GET", f"{ROOT}/Contacts", contacts.list_contacts, CONTACTS_READ),
            Route("GET", f"{ROOT}/Contacts/{{id}}", contacts.get_contact, CONTACTS_READ),
            Route("PUT", f"{ROOT}/Contacts", contacts.put_contacts, CONTACTS_WRITE),
            Route("POST", f"{ROOT}/Contacts", contacts.post_contacts, CONTACTS_WRITE),
            Route("POST", f"{ROOT}/Contacts/{{id}}", contacts.post_contact, CONTACTS_WRITE),
            Route("GET", f"{ROOT}/Invoices", invoices.list_invoices, INVOICES_READ),
            Route("GET", f"{ROOT}/Invoices/{{id}}", invoices.get_invoice, INVOICES_READ),
            Route("PUT", f"{ROOT}/Invoices", invoices.put_invoices, INVOICES_WRITE),
            Route("POST", f"{ROOT}/Invoices", invoices.post_invoices, INVOICES_WRITE),
            Route("POST", f"{ROOT}/Invoices/{{id}}", invoices.post_invoice, INVOICES_WRITE),
            Route("GET", f"{ROOT}/Payments", payments.list_payments, PAYMENTS_READ),
            Route("GET", f"{ROOT}/Payments/{{id}}", payments.get_payment, PAYMENTS_READ),
            Route("PUT", f"{ROOT}/Payments", payments.put_payments, PAYMENTS_WRITE),
            Route("POST", f"{ROOT}/Payments", payments.put_payments, PAYMENTS_WRITE),
            Route("POST", f"{ROOT}/Payments/{{id}}", payments.post_payment, PAYMENTS_WRITE),
        ]
    )


RESOURCES = """accounts banktransactions banktransfers batchpayments brandingthemes budgets contactgroups contacts
    creditnotes currencies employees expenseclaims invoicereminders invoices items journals linkedtransactions
    manualjournals organisation overpayments payments paymentservices prepayments purchaseorders quotes receipts
    repeatinginvoices reports setup taxrates trackingcategories users"""


def is_of_xero(path: str) -> bool:
    """True for a resource Xero has, served here or not (it is then 501 instead of 404)."""
    inner = path.lower().removeprefix(ROOT).strip("/").split("/")
    return path.lower().startswith(ROOT) and inner[0] in RESOURCES.split()
