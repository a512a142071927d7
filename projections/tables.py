"""Every table of the projections, by one import: for migrations to be compared with, and for rebuilds."""

from typing import Final

from projections.blocked_by import BLOCKED_BY
from projections.checkpoints import CHECKPOINTS
from projections.connection_status import CONNECTION_STATUS
from projections.counters import COUNTERS
from projections.inactivity_clock import INACTIVITY_CLOCK
from projections.invoice_status import INVOICE_STATUS
from projections.schema import METADATA

FOLDED: Final = (INVOICE_STATUS, BLOCKED_BY, CONNECTION_STATUS, INACTIVITY_CLOCK, COUNTERS)
"""The tables that follow from the log."""

__all__ = ["CHECKPOINTS", "FOLDED", "METADATA"]
