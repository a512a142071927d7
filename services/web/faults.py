"""Faults of ours, as the log may tell them: by kind and place, never by their text, which could hold what was sent."""

import logging
import traceback
from typing import Final

LOG: Final = logging.getLogger(__name__)


def log_fault(error: Exception) -> None:
    """Log that a page failed, and where."""
    places = traceback.extract_tb(error.__traceback__)
    place = f"{places[-1].filename}:{places[-1].lineno}" if places else "nowhere"
    LOG.error("a page failed in %s at %s", type(error).__name__, place)
