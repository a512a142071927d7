"""The short trial of every build: nothing is lost, doubled or stuck, and a missing defence is found out."""

from pathlib import Path

import msgspec
import pytest

from tests.chaos.__main__ import CHANCES, found_out, main
from tests.chaos.controls import SMALL
from tests.chaos.fire import OFFLINE
from tests.chaos.invariants import ASSUMPTION, SOON
from tests.chaos.report import Report, as_table, write_files
from tests.chaos.scale import QUICK
from tests.chaos.trial import run
from tests.processes.rabbit_node import MISSING, require

pytestmark = pytest.mark.chaos

SHORT = msgspec.structs.replace(SMALL, invoices=60, seconds=5.0, patience=15.0, strike_every=(0.3, 0.8))
"""Enough for what shows each of these; the other controls need frozen processes or late commits, and more time."""


def test_a_whole_installation_under_fire_loses_nothing_doubles_nothing_and_comes_to_rest(tmp_path: Path) -> None:
    require()
    report = run(QUICK)[-1]
    assert report.clean, as_table(report)
    assert _with(report, ASSUMPTION).void, "a machine too slow for the trial is no proof, and no breach of ours"
    assert _with(report, ASSUMPTION, SOON).void
    assert not _with(report, SOON).void
    assert not _with(report, ASSUMPTION, "in Xero once").void, "what we broke is never excused by it"
    assert report.strikes.keys() >= {"kill all workers", "stop the database at once", "kill the broker"}
    assert report.not_tried == []
    assert report.recoveries > 0
    assert report.faults[OFFLINE] > 0, "an organisation was offline"
    assert report.fates["unfound"] > 0
    assert report.calls_faulted > 0
    write_files(tmp_path / "reports", [report])
    assert msgspec.json.decode((tmp_path / "reports/chaos.json").read_bytes())[0]["lost"] == 0
    assert "| seed 1 | 300 | 0 | 0 | 0 | 0 |" in (tmp_path / "reports/chaos.md").read_text()
    write_files(tmp_path / "two", [_with(report, ASSUMPTION), report])
    listed = msgspec.json.decode((tmp_path / "two/chaos.json").read_bytes())
    assert [one["void"] for one in listed] == [True, False], "a void trial is listed, and as what it is"
    assert "| seed 1 (void: the machine was too slow) | 300 |" in (tmp_path / "two/chaos.md").read_text()


@pytest.mark.parametrize(
    "name", ["no-look-up+mails-never-sent+checkpoint-outside", "split-without-look-up+mails-written-anew"]
)
def test_an_engine_without_one_of_its_defences_is_found_out_and_each_by_its_own_checkers(name: str) -> None:
    """By one of its trials: now and then nobody is struck at the moment at which the defence is needed."""
    for seed in range(SHORT.seed, SHORT.seed + CHANCES):
        report = run(msgspec.structs.replace(SHORT, seed=seed), name)[-1]
        if found_out(report) and report.duplicated > 0:
            break
    assert found_out(report), as_table(report)
    assert report.duplicated > 0


def _with(report: Report, *broken: str) -> Report:
    return msgspec.structs.replace(report, breaches=report.breaches | {name: ["broken"] for name in broken})


def test_where_there_is_no_rabbitmq_a_trial_says_so_and_is_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([], places=[tmp_path])
    assert ended.value.code == 2
    assert f"{MISSING}; --without-broker does without" in capsys.readouterr().err


def test_a_control_must_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--control", "no-such-thing"])
    assert ended.value.code == 2
    assert "no-look-up" in capsys.readouterr().err
