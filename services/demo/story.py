"""The demo's story, its parts in order: connect, send a file through trouble, map a forgotten tax, change, compare."""

from pathlib import Path

from rich.console import Console

from services.demo.changes_story import ChangesStory
from services.demo.narrator import Narrator
from services.demo.proof import Proof
from services.demo.release_story import ReleaseStory
from services.demo.sending_story import SendingStory
from services.demo.set_up_story import SetUpStory
from services.demo.stage import Stage


def tell_story(stage: Stage, examples: Path, console: Console) -> bool:
    """The whole story, told to a console; whether everything came out as it should."""
    narrator = Narrator(console)
    SetUpStory(stage, examples, narrator).tell()
    report = SendingStory(stage, examples, narrator).tell()
    ReleaseStory(stage, narrator).tell(report.accepted)
    ChangesStory(stage, examples, narrator).tell()
    return Proof(stage, examples, narrator).give(report)
