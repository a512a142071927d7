"""``python -m adapters.simulator``: a simulator as a process of its own."""

import argparse
import sys
from pathlib import Path

from adapters.simulator.options import DEFAULT_SECRET, Behaviour, SimulatorOptions
from adapters.simulator.server import run


def main(arguments: list[str] | None = None) -> int:
    """Parse, serve; 2 and one sentence on stderr when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m adapters.simulator", description="A simulated Xero on this machine."
    )
    parser.add_argument("--port", type=int, default=0, help="API port (0: any free one)")
    parser.add_argument("--control-port", type=int, default=0, help="control port (0: any free one)")
    parser.add_argument("--ledger", type=Path, required=True, help="the SQLite file that keeps everything")
    parser.add_argument(
        "--seed", type=Path, help="books of a new ledger, JSON (default: a demo company in New Zealand)"
    )
    parser.add_argument("--client-id", default=SimulatorOptions.client_id)
    parser.add_argument("--client-secret", default=DEFAULT_SECRET)
    parser.add_argument("--redirect-uri", action="append", help="a registered redirect URI (may be repeated)")
    parser.add_argument("--no-rate-limits", action="store_true", help="answer without limits")
    given = parser.parse_args(arguments)
    try:
        options = SimulatorOptions(
            ledger=given.ledger,
            port=given.port,
            control_port=given.control_port,
            seed=given.seed,
            client_id=given.client_id,
            client_secret=given.client_secret,
            redirect_uris=tuple(given.redirect_uri or SimulatorOptions.redirect_uris),
            behaviour=Behaviour(rate_limits=not given.no_rate_limits),
        )
        run(options)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
