"""The one small page browsers see: a heading and a sentence from a closed list. Nothing of a request is ever in it."""

from html import escape
from typing import Final

from services.set_up.consent_results import CONSENTED, WORDS, Result

LARGEST: Final = 2_000
"""Bytes; a page that grows beyond this has become something else."""


def result_page(result: Result) -> str:
    """What came of a consent, in words."""
    return page("Connected to Xero" if result in CONSENTED else "Not connected to Xero", WORDS[result])


def page(heading: str, sentence: str) -> str:
    """A page without script, style or picture: the policy sent with it allows none."""
    title = escape(heading)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{escape(sentence)}</p><p>You can close this window.</p></html>\n"
    )
