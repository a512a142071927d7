"""What an app reads before it writes: organisation, accounts, tax rates, currencies."""

from decimal import Decimal

import pytest

from tests.adapters.simulator.visitor import TENANT, Visitor, account, read


def test_the_envelope_names_the_app_and_the_time(connected: Visitor) -> None:
    found = read(connected.get("Organisation"))
    assert (found["Status"], found["ProviderName"]) == ("OK", "Kyrios")
    assert found["DateTimeUTC"].startswith("/Date(")
    assert found["Organisations"][0]["BaseCurrency"] == "NZD"


def test_lock_dates_appear_only_when_set(connected: Visitor) -> None:
    assert "PeriodLockDate" not in read(connected.get("Organisation"))["Organisations"][0]
    connected.steer("POST", f"/organisations/{TENANT}/organisation", {"PeriodLockDate": "2026-03-31"})
    found = read(connected.get("Organisation"))["Organisations"][0]
    assert found["PeriodLockDate"] == "/Date(1774915200000+0000)/"


def test_accounts_can_be_filtered_by_status(connected: Visitor) -> None:
    everything = read(connected.get("Accounts"))["Accounts"]
    active = read(connected.get("Accounts", where='Status=="ACTIVE"'))["Accounts"]
    assert {found["Status"] for found in everything} == {"ACTIVE", "ARCHIVED"}
    assert {found["Status"] for found in active} == {"ACTIVE"}


def test_an_account_without_a_code_has_no_code_property(connected: Visitor) -> None:
    (found,) = read(connected.get(f"Accounts/{account(11)}"))["Accounts"]
    assert "Code" not in found
    assert "SystemAccount" not in found


def test_an_unknown_account_is_not_found_in_html(connected: Visitor) -> None:
    answer = connected.get(f"Accounts/{account(999)}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_accounts_changed_since_a_moment(connected: Visitor) -> None:
    connected.later()
    connected.steer("POST", f"/organisations/{TENANT}/accounts", {"Code": "200", "EnablePaymentsToAccount": False})
    since = {"If-Modified-Since": "2026-12-31T00:00:00"}
    (found,) = read(connected.get("Accounts", headers=since))["Accounts"]
    assert (found["AccountID"], found["EnablePaymentsToAccount"]) == (account(2), False)
    assert found["Name"] == "Sales"


def test_tax_rates_bring_components_and_effective_rate(connected: Visitor) -> None:
    rates = {rate["TaxType"]: rate for rate in read(connected.get("TaxRates"))["TaxRates"]}
    assert rates["OUTPUT2"]["EffectiveRate"] == Decimal("15.0")
    assert [part["Rate"] for part in rates["TAX001"]["TaxComponents"]] == [Decimal("7.5"), Decimal("0.625")]
    assert rates["NONE"]["TaxComponents"] == []


def test_one_tax_rate_by_its_type(connected: Visitor) -> None:
    (found,) = read(connected.get("TaxRates/OUTPUT2"))["TaxRates"]
    assert found["CanApplyToRevenue"] is True
    assert connected.get("TaxRates/NOPE").status_code == 404


def test_a_rate_made_of_components_gets_its_effective_rate_computed(connected: Visitor) -> None:
    parts = [{"Name": "A", "Rate": 15, "IsCompound": False}, {"Name": "B", "Rate": 2.5, "IsCompound": True}]
    connected.steer(
        "POST", f"/organisations/{TENANT}/tax_rates", {"TaxType": "TAX009", "Name": "New", "TaxComponents": parts}
    )
    (found,) = read(connected.get("TaxRates/TAX009"))["TaxRates"]
    assert found["EffectiveRate"] == Decimal("17.8750")


def test_currencies_show_no_rates(connected: Visitor) -> None:
    found = read(connected.get("Currencies"))["Currencies"]
    assert [currency["Code"] for currency in found] == ["AUD", "NZD", "USD"]
    assert all(currency.keys() <= {"Code", "Description"} for currency in found)


@pytest.mark.parametrize(
    "where", ["Status=", 'Status=="ACTIVE" XOR Type=="BANK"', "Status~~1", 'Name=="a" AND', 'Name=="a" OR']
)
def test_an_unreadable_filter_is_a_query_parse_exception(connected: Visitor, where: str) -> None:
    answer = connected.get("Accounts", where=where)
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


def test_an_unreadable_order_is_a_query_parse_exception(connected: Visitor) -> None:
    answer = connected.get("Accounts", order="Name SIDEWAYS")
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


@pytest.mark.parametrize(
    ("where", "codes"),
    [
        ('name=="SALES"', ["200"]),
        ('Type=="REVENUE" AND Status!="ACTIVE"', ["280"]),
        ('Code=="200" OR Type=="REVENUE" AND Status!="ACTIVE"', ["200", "280"]),
        ('Code=="200" || Code=="260" OR Code=="none"', ["200", "260"]),
        ('EnablePaymentsToAccount==true && Class=="LIABILITY"', ["835"]),
        (f'AccountID==guid("{account(3)}")', ["260"]),
        ("UpdatedDateUTC>=DateTime(2100,01,01)", []),
        ('SystemAccount!=null AND Code>"900"', ["960"]),
    ],
)
def test_filters_compare_without_case_and_join_by_and(connected: Visitor, where: str, codes: list[str]) -> None:
    assert [found["Code"] for found in read(connected.get("Accounts", where=where))["Accounts"]] == codes


def test_order_sorts_by_a_property(connected: Visitor) -> None:
    found = read(connected.get("Accounts", where='Type=="REVENUE"', order="Name DESC"))["Accounts"]
    assert [a["Name"] for a in found] == ["Sales", "Other Revenue", "Interest Income", "Discontinued Sales"]


def test_paths_are_read_in_any_case(connected: Visitor) -> None:
    assert connected.api.get("/API.XRO/2.0/oRGANISATION").status_code == 200


def test_without_accepting_json_there_is_no_answer_to_read(connected: Visitor) -> None:
    assert connected.get("Organisation", headers={"Accept": "*/*"}).status_code == 406


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "CreditNotes", 501),
        ("PUT", "TaxRates", 501),
        ("PUT", "Prepayments", 501),
        ("GET", "Reports/BalanceSheet", 501),
        ("DELETE", "Accounts/1", 501),
        ("GET", "Invoicess", 404),
    ],
)
def test_what_is_not_served_says_whether_xero_has_it(connected: Visitor, method: str, path: str, status: int) -> None:
    answer = connected.api.request(method, f"/api.xro/2.0/{path}", json={})
    assert answer.status_code == status
    if status == 501:
        assert answer.json()["Type"] == "ApiMethodNotImplementedException"
