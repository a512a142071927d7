"""The composition root: builds the whole engine from settings. Nothing is built before, and nothing elsewhere.

Tests build the same engine with parts of their own: `Parts` names what may be swapped.
"""

from services.bootstrap.engine import Engine
from services.bootstrap.opening import configure_logging, open_database, open_engine
from services.bootstrap.parts import RECORDER, Parts

__all__ = ["RECORDER", "Engine", "Parts", "configure_logging", "open_database", "open_engine"]
