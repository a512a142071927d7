"""Time zones: every name Xero's OpenAPI file lists is a clock we know, and the clock it is."""

import datetime as dt
import os
from zoneinfo import available_timezones

import pytest
import yaml

from adapters.xero.time_zones import ZONES, zone_of
from tests.conformance.contract import ACCOUNTING, require_files

WINTER, SUMMER = (dt.datetime(2026, month, 15, 12, tzinfo=dt.UTC) for month in (1, 7))


def test_every_zone_xero_has_is_known_and_no_other() -> None:
    require_files([ACCOUNTING], in_ci=os.environ.get("CI") == "true")
    listed = yaml.safe_load(ACCOUNTING.read_bytes())["components"]["schemas"]["TimeZone"]["enum"]
    assert set(ZONES) == set(listed)
    assert set(ZONES.values()) <= available_timezones()
    assert all(zone_of(name) is not None for name in listed)


@pytest.mark.parametrize(
    ("name", "january", "july"),
    [
        ("NEWZEALANDSTANDARDTIME", 13, 12),
        ("AUSEASTERNSTANDARDTIME", 11, 10),
        ("GMTSTANDARDTIME", 0, 1),
        ("EASTERNSTANDARDTIME", -5, -4),
        ("PACIFICSTANDARDTIME(MEXICO)", -8, -7),
        ("HAWAIIANSTANDARDTIME", -10, -10),
        ("UTC", 0, 0),
        ("UTC+13", 13, 13),
        ("UTC11", -11, -11),
        ("DATELINESTANDARDTIME", -12, -12),
        (" newzealandstandardtime", 13, 12),
    ],
)
def test_a_name_is_the_clock_it_stands_for(name: str, january: int, july: int) -> None:
    zone = zone_of(name)
    assert zone is not None
    hours = [moment.astimezone(zone).utcoffset() for moment in (WINTER, SUMMER)]
    assert hours == [dt.timedelta(hours=january), dt.timedelta(hours=july)]


@pytest.mark.parametrize("name", ["", "MARSSTANDARDTIME", "Pacific/Auckland", "../etc"])
def test_what_is_no_name_of_xeros_is_no_zone(name: str) -> None:
    assert zone_of(name) is None
