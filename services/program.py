"""The program `kyrios-xero`: what happens around any command. Imports little, so that Ctrl-C is met early."""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Run the command line. SIGTERM unwinds as Ctrl-C does, so that nothing is left running; neither is a traceback."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from services.cli import app
        from services.foreign_variables import remove_foreign_variables

        remove_foreign_variables(os.environ)
        app()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(INTERRUPTED)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
