"""All invariants of a trial's end, each by its name: one small checker, one promise."""

from collections.abc import Mapping
from typing import Final

from tests.chaos import engine_checks, mail_checks, recovery, xero_checks
from tests.chaos.breach import Breach, Checker
from tests.chaos.evidence import Evidence

ASSUMPTION: Final = "assumption A1 held"
"""What is the trial's own fault: a simulator that takes longer than any quiet period."""

SOON: Final = "recovers soon"
"""What a machine that is too slow for the assumption cannot prove either."""

INVARIANTS: Final[Mapping[str, Checker]] = {
    "in Xero once": xero_checks.once,
    "in Xero to the cent": xero_checks.to_the_cent,
    "events match Xero": xero_checks.events_match,
    "limits kept": xero_checks.limits_kept,
    "nothing live": engine_checks.nothing_live,
    "every invoice at its end": engine_checks.every_end,
    "the unfound ends": engine_checks.unfound_ends,
    "others go on": engine_checks.others_go_on,
    "entries follow events": engine_checks.entries_follow_events,
    "ends have events": engine_checks.ends_have_events,
    "requests are deliveries": engine_checks.requests_are_deliveries,
    "new keys have reasons": engine_checks.new_keys_have_reasons,
    "nothing sent after its lease": engine_checks.nothing_late,
    "nothing behind a closed gate": engine_checks.nothing_behind_a_gate,
    "revisions rise": engine_checks.revisions_rise,
    "projections are a replay": engine_checks.projections_are_a_replay,
    "checkpoints at the head": engine_checks.checkpoints_at_head,
    "goes on after a repair": recovery.recovers,
    SOON: recovery.recovers_soon,
    "every member works again": engine_checks.every_member_works,
    "who must act is told": mail_checks.told,
    "told once an hour": mail_checks.told_once,
    "mails are recorded": mail_checks.recorded,
    ASSUMPTION: engine_checks.assumption_held,
}


def judge(evidence: Evidence) -> dict[str, list[Breach]]:
    """What each checker found; an empty list is a promise kept."""
    return {name: list(checker(evidence)) for name, checker in INVARIANTS.items()}
