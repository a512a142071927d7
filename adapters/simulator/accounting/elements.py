"""The elements each kind of object may hold when it is written, as Xero's OpenAPI file 16.1.0 has them."""

from adapters.simulator.accounting.body import (
    an_object,
    day,
    flag,
    guid,
    number,
    objects,
    read_objects,
    shape,
    text,
)
from adapters.simulator.ledger.documents import Document

TRACKING = shape("LineItemTracking", {guid: "TrackingCategoryID TrackingOptionID", text: "Name Option"})

PHONE = shape("Phone", {text: "PhoneType PhoneNumber PhoneAreaCode PhoneCountryCode"})

ADDRESS = shape(
    "Address",
    {
        text: """AddressType AddressLine1 AddressLine2 AddressLine3 AddressLine4 City Region PostalCode Country
            AttentionTo"""
    },
)

PERSON = shape("ContactPerson", {text: "FirstName LastName EmailAddress", flag: "IncludeInEmails"})

CONTACT = shape(
    "Contact",
    {
        text: """ContactNumber AccountNumber ContactStatus Name FirstName LastName CompanyNumber EmailAddress
            BankAccountDetails TaxNumber TaxNumberType AccountsReceivableTaxType AccountsPayableTaxType DefaultCurrency
            SalesDefaultLineAmountType PurchasesDefaultLineAmountType XeroNetworkKey SalesDefaultAccountCode
            PurchasesDefaultAccountCode""",
        guid: "ContactID",
        objects(PHONE): "Phones",
        objects(ADDRESS): "Addresses",
        objects(PERSON): "ContactPersons",
    },
    echoed="""MergedToContactID IsSupplier IsCustomer SalesTrackingCategories PurchasesTrackingCategories
        TrackingCategoryName TrackingCategoryOption PaymentTerms UpdatedDateUTC UpdatedDateUTCString ContactGroups
        Website BrandingTheme BatchPayments Discount Balances Attachments HasAttachments ValidationErrors
        HasValidationErrors StatusAttributeString""",
)

LINE = shape(
    "LineItem",
    {
        text: "Description ItemCode AccountCode TaxType",
        number: "Quantity UnitAmount TaxAmount LineAmount DiscountRate DiscountAmount",
        guid: "LineItemID AccountID",
        objects(TRACKING): "Tracking",
    },
    echoed="Item RepeatingInvoiceID Taxability SalesTaxCodeId TaxBreakdown",
)

INVOICE = shape(
    "Invoice",
    {
        text: "Type LineAmountTypes InvoiceNumber Reference Url CurrencyCode Status",
        day: "Date DueDate ExpectedPaymentDate PlannedPaymentDate",
        number: "CurrencyRate SubTotal TotalTax Total",
        guid: "InvoiceID BrandingThemeID RepeatingInvoiceID",
        flag: "SentToContact",
        an_object(CONTACT): "Contact",
        objects(LINE): "LineItems",
    },
    echoed="""CISDeduction CISRate TotalDiscount HasAttachments IsDiscounted Payments Prepayments Overpayments AmountDue
        AmountPaid AmountCredited FullyPaidOnDate UpdatedDateUTC UpdatedDateUTCString CreditNotes HasErrors
        StatusAttributeString ValidationErrors Warnings DateString DueDateString Attachments InvoiceAddresses""",
)

# Of the invoice and the account of a payment only what names them matters; the rest is accepted as an echo.
_NAMED_INVOICE = shape(
    "Invoice",
    {guid: "InvoiceID", text: "InvoiceNumber"},
    echoed=" ".join(name for name in INVOICE.readers if name not in ("InvoiceID", "InvoiceNumber")),
)
_NAMED_ACCOUNT = shape(
    "Account",
    {guid: "AccountID", text: "Code"},
    echoed="""Name Type BankAccountNumber Status Description BankAccountType CurrencyCode TaxType
        EnablePaymentsToAccount ShowInExpenseClaims Class SystemAccount ReportingCode ReportingCodeName HasAttachments
        UpdatedDateUTC AddToWatchlist ValidationErrors""",
)

PAYMENT = shape(
    "Payment",
    {
        text: "InvoiceNumber Code Reference Status BankAccountNumber Particulars Details",
        day: "Date",
        number: "CurrencyRate Amount BankAmount",
        flag: "IsReconciled",
        guid: "PaymentID",
        an_object(_NAMED_INVOICE): "Invoice",
        an_object(_NAMED_ACCOUNT): "Account",
    },
    echoed="""PaymentType UpdatedDateUTC UpdatedDateUTCString HasAccount HasValidationErrors StatusAttributeString
        ValidationErrors Warnings BatchPaymentID BatchPayment""",
)


def read_invoices(body: bytes) -> list[Document]:
    """The invoices of a body; raises errors.Refusal."""
    return read_objects(body, "Invoices", INVOICE)


def read_contacts(body: bytes) -> list[Document]:
    """The contacts of a body; raises errors.Refusal."""
    return read_objects(body, "Contacts", CONTACT)


def read_payments(body: bytes) -> list[Document]:
    """The payments of a body; raises errors.Refusal."""
    return read_objects(body, "Payments", PAYMENT)
