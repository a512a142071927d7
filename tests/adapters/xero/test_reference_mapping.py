"""Organisation, accounts, tax rates, connections and contacts, in every form Xero writes them."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.xero import fields
from adapters.xero.contact_mapping import read_contact
from adapters.xero.reference_mapping import (
    denied_action,
    read_account,
    read_connection,
    read_currency,
    read_organisation,
    read_tax_rate,
)

ACTIVE = {"AccountID": "A1", "Code": "200", "Type": "REVENUE", "Status": "ACTIVE", "EnablePaymentsToAccount": True}


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, ()),
        ({"EnablePaymentsToAccount": "true", "SystemAccount": ""}, ()),
        ({"SystemAccount": None}, ()),
        ({"EnablePaymentsToAccount": False}, ("account_not_payment_enabled",)),
        ({"Status": "ARCHIVED"}, ("account_archived",)),
        ({"Status": ""}, ("account_archived",)),
        ({"Type": "BANK"}, ("account_is_bank",)),
        ({"SystemAccount": "DEBTORS"}, ("system_account",)),
        ({"Type": "A NEW KIND"}, ()),
        (
            {"Type": "BANK", "Status": "ARCHIVED", "EnablePaymentsToAccount": None},
            ("account_archived", "account_is_bank", "account_not_payment_enabled"),
        ),
    ],
)
def test_an_account_says_everything_that_keeps_it_from_being_offered(
    facts: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    assert read_account({**ACTIVE, **facts}).against("line") == reasons


def test_an_account_may_have_no_code() -> None:
    assert read_account({k: v for k, v in ACTIVE.items() if k != "Code"}).code == ""


def test_a_rate_written_as_text_is_exact() -> None:
    rate = read_tax_rate(
        {
            "TaxType": "CAN022",
            "Name": "QC - GST/QST on Sales",
            "Status": "ACTIVE",
            "EffectiveRate": "14.9750",
            "TaxComponents": [
                {"Name": "GST", "Rate": "5.0000", "IsCompound": "false"},
                {"Name": "QST", "Rate": Decimal("9.975"), "IsCompound": "TRUE"},
                {"Name": "no rate"},
            ],
            "CanApplyToRevenue": "true",
        }
    )
    assert rate is not None
    assert rate.effective_rate == Decimal("14.975")
    assert [(c.name, c.rate, c.compound) for c in rate.components] == [
        ("GST", Decimal(5), False),
        ("QST", Decimal("9.975"), True),
    ]
    assert rate.applies_to_revenue


def test_a_rate_says_on_which_kinds_of_account_it_must_not_be_used() -> None:
    rate = read_tax_rate(
        {"TaxType": "INPUT2", "EffectiveRate": 15, "CanApplyToRevenue": "false", "CanApplyToEquity": False}
    )
    assert rate is not None
    assert (rate.barred_from, rate.applies_to_revenue) == (("EQUITY", "REVENUE"), False)


@pytest.mark.parametrize(
    ("found", "denied"),
    [
        ({"Name": "CreateApprovedInvoice", "Status": "NOT-ALLOWED"}, "CreateApprovedInvoice"),
        ({"Name": "CreateApprovedInvoice", "Status": "ALLOWED"}, ""),
        ({"Name": "CreateApprovedInvoice", "Status": "SOME-NEW-WORD"}, ""),
        ({"Name": "CreateApprovedInvoice"}, ""),
    ],
)
def test_only_what_is_denied_in_so_many_words_is_denied(found: dict[str, Any], denied: str) -> None:
    assert denied_action(found) == denied


def test_a_currency_is_its_code() -> None:
    assert read_currency({"Code": "nzd", "Description": "New Zealand Dollar"}) == "NZD"
    assert read_currency({"Description": "?"}) == ""


@pytest.mark.parametrize(
    "read",
    [
        lambda name: read_organisation({"Name": name}).name,
        lambda name: read_connection({"tenantName": name}).name,
        lambda name: read_account({**ACTIVE, "Name": name}).name,
        lambda name: str(read_tax_rate({"TaxType": "T", "EffectiveRate": 15, "Name": name})).removesuffix(" (T)"),
    ],
    ids=["organisation", "connection", "account", "rate"],
)
def test_a_name_is_one_line_without_anything_that_steers(read: Callable[[str], str]) -> None:
    assert read("Vine \x1b[31m Ltd\r\nAll is well\u2028\u202e.") == "Vine [31m Ltd All is well ."


def test_a_rate_that_cannot_be_named_or_compared_is_left_out() -> None:
    assert read_tax_rate({"TaxType": "", "EffectiveRate": 15}) is None
    assert read_tax_rate({"TaxType": "OUTPUT2", "EffectiveRate": "lots"}) is None


def test_lock_dates_are_read_where_they_are_set() -> None:
    locked = read_organisation({"Name": "N", "PeriodLockDate": "/Date(1419937200000+1300)/"})
    assert locked.period_lock_date == dt.date(2014, 12, 30)
    assert locked.end_of_year_lock_date is None


@pytest.mark.parametrize(
    "found",
    [
        {"id": "c1", "tenantId": "T1", "tenantType": "ORGANISATION", "tenantName": "N", "authEventId": "e1"},
        {"Id": "c1", "TenantId": "T1", "TenantType": "organisation", "TenantName": "N", "AuthEventId": "e1"},
    ],
)
def test_a_connection_is_read_in_either_casing(found: dict[str, Any]) -> None:
    read = read_connection(found)
    assert (read.connection_id, read.organisation_id, read.name, read.auth_event_id) == ("c1", "t1", "N", "e1")
    assert read.is_organisation


def test_a_practice_is_no_organisation() -> None:
    assert not read_connection({"id": "c", "tenantType": "PRACTICEMANAGER"}).is_organisation


@pytest.mark.parametrize(
    ("phones", "phone"),
    [
        ([], ""),
        (None, ""),
        ([{"PhoneType": "FAX", "PhoneNumber": "1"}, {"PhoneType": "MOBILE", "PhoneNumber": "2"}], "2"),
        ([{"PhoneType": "MOBILE", "PhoneNumber": "2"}, {"PhoneType": "DEFAULT", "PhoneNumber": "3"}], "3"),
        ([{"PhoneType": "DEFAULT", "PhoneNumber": " "}, {"PhoneType": "DDI", "PhoneNumber": "4"}], "4"),
        ([{"PhoneType": "DDI", "PhoneNumber": "5"}, {"PhoneType": "FAX", "PhoneNumber": "6"}], "5"),
        ([{"PhoneType": "NEW", "PhoneCountryCode": "64", "PhoneAreaCode": "9", "PhoneNumber": "55 01"}], "+64 9 55 01"),
        ([{"PhoneType": "NEW", "PhoneCountryCode": "+64", "PhoneNumber": "55"}], "+64 55"),
    ],
)
@pytest.mark.article("R5")
def test_the_phone_is_the_default_one_else_the_mobile_else_the_first(phones: Any, phone: str) -> None:
    assert read_contact({"ContactID": "C1", "Phones": phones}).phone == phone


def test_of_a_contact_nothing_else_is_kept() -> None:
    read = read_contact(
        {
            "ContactID": "C1",
            "Name": "Harbour View Cafe Ltd",
            "EmailAddress": "accounts@harbourview.example",
            "ContactStatus": "GDPRREQUEST",
            "MergedToContactID": "C2",
            "UpdatedDateUTC": "/Date(1573755038314)/",
            "TaxNumber": "123-456-789",
            "BankAccountDetails": "12-3456",
            "Addresses": [{"City": "Wellington"}],
        }
    )
    assert (read.contact_id, read.merged_to, read.status) == ("c1", "c2", "GDPRREQUEST")
    assert read.updated_at == dt.datetime(2019, 11, 14, 18, 10, 38, 314000, tzinfo=dt.UTC)
    assert "123-456-789" not in repr(read)
    assert "Wellington" not in repr(read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/Date(1518685950940+0000)/", dt.datetime(2018, 2, 15, 9, 12, 30, 940000, tzinfo=dt.UTC)),
        ("/Date(1518685950940+1300)/", dt.datetime(2018, 2, 15, 9, 12, 30, 940000, tzinfo=dt.UTC)),
        ("/Date(1518685950940)/", dt.datetime(2018, 2, 15, 9, 12, 30, 940000, tzinfo=dt.UTC)),
        ("/Date(0+0000)/", dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        ("/Date(-86400000)/", dt.datetime(1969, 12, 31, tzinfo=dt.UTC)),
        ("2018-10-20T00:00:00", dt.datetime(2018, 10, 20, tzinfo=dt.UTC)),
        ("2018-10-20", dt.datetime(2018, 10, 20, tzinfo=dt.UTC)),
        ("2019-12-07T18:46:19.5165400", dt.datetime(2019, 12, 7, 18, 46, 19, 516540, tzinfo=dt.UTC)),
        ("2019-11-14T18:10:38Z", dt.datetime(2019, 11, 14, 18, 10, 38, tzinfo=dt.UTC)),
        ("2019-11-14T18:10:38+13:00", dt.datetime(2019, 11, 14, 5, 10, 38, tzinfo=dt.UTC)),
        ("2019-11-14T18:10:38-0500", dt.datetime(2019, 11, 14, 23, 10, 38, tzinfo=dt.UTC)),
        ("yesterday", None),
        ("2019-02-30", None),
        (None, None),
        (1518685950940, None),
    ],
)
def test_every_form_of_date_is_read(written: object, read: dt.datetime | None) -> None:
    assert fields.moment(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (15, "15"),
        (Decimal("15.0000"), "15.0000"),
        (" 1800.00 ", "1800.00"),
        ("-3.5", "-3.5"),
        (True, None),
        ("1e3", None),
        ("NaN", None),
        (Decimal("NaN"), None),
        (Decimal("1E+999999"), None),
        (Decimal("1E-999999"), None),
        (10**400, None),
        ("１２", None),
        (None, None),
        (1.5, None),
    ],
)
def test_numbers_are_read_exactly_or_not_at_all(written: object, read: str | None) -> None:
    found = fields.number(written)
    assert (str(found) if found is not None else None) == read
