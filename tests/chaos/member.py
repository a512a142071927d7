"""What a worker or a ticker of a trial runs: the product's own loops on an engine that may lack one defence.

python -m tests.chaos.member worker|ticker [CONTROL]
"""

import os
import sys
from datetime import timedelta
from functools import cached_property

from adapters.xero.tokens import TokenSource
from services.bootstrap import Engine, configure_logging
from services.cli.processes import end_with_parent
from services.migrations import check_at_head
from services.projector import Projector
from services.running import ticking, until_told, working
from services.settings import load_settings
from tests.chaos.controls import WHOLE, Control, control_of
from tests.chaos.scale import TOKEN_LEASE

LOOPS = {"worker": working, "ticker": ticking}


class MemberEngine(Engine):
    """The engine with the times of a trial, and the parts of a control."""

    control: Control = WHOLE

    @cached_property
    def tokens(self) -> TokenSource:
        """As the product's, with the lease of a trial."""
        return TokenSource(self.grants, self.oauth, lease=timedelta(seconds=TOKEN_LEASE))

    @cached_property
    def projector(self) -> Projector:
        """The product's, or the control's."""
        return self.control.projector(self.store, self.read)


def main(role: str, control: Control) -> None:
    """Work until told to stop, or until the trial is gone."""
    end_with_parent()
    settings = load_settings(os.environ)
    configure_logging(settings.log_level)
    assert settings.database_url is not None
    url = settings.database_url.reveal()
    with until_told() as told:
        check_at_head(url)
        engine = MemberEngine(settings, url, control.parts)
        engine.control = control
        engine.timing = control.timing(engine.timing)
        try:
            with LOOPS[role](engine):
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                told.wait()
        finally:
            engine.close()


if __name__ == "__main__":
    main(sys.argv[1], control_of(sys.argv[2] if len(sys.argv) > 2 else ""))
