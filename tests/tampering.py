"""What a test must say before it changes the event log, which refuses every change: as its administrator might."""

from typing import Final

UNGUARDED: Final = "SET LOCAL session_replication_role = replica"
"""Triggers do not fire in this transaction; only a superuser may say so."""
