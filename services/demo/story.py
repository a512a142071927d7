"""The demo's story, its parts in order: set up, send through trouble, be told, fix, change, fall silent, compare."""

from pathlib import Path

from rich.console import Console

from services.demo.changes_story import ChangesStory
from services.demo.mail_story import MailStory
from services.demo.narrator import Narrator
from services.demo.post import Post
from services.demo.proof import Proof
from services.demo.quiet_story import QuietStory
from services.demo.release_story import ReleaseStory
from services.demo.sending_story import SendingStory
from services.demo.set_up_story import SetUpStory
from services.demo.stage import Stage


def tell_story(stage: Stage, examples: Path, console: Console) -> bool:
    """The whole story, told to a console; whether everything came out as it should."""
    narrator = Narrator(console)
    post, proof = Post(stage, narrator), Proof(stage, examples, narrator)
    SetUpStory(stage, examples, narrator).tell()
    report = SendingStory(stage, examples, narrator).tell()
    MailStory(post, narrator).tell()
    ReleaseStory(stage, narrator).tell(report.accepted)
    ChangesStory(stage, examples, narrator, post).tell()
    proof.show(report)
    later = QuietStory(stage, examples, narrator, post).tell()
    return proof.give(report, later)
