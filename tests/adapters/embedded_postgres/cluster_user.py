"""A program that uses a cluster until it is told to leave, for tests with several processes.

Started with a home and an open place, it prints one JSON line when the database answers (or why it does not), waits for
its standard input to close, and leaves.
"""

import json
import sys
from pathlib import Path

from adapters.embedded_postgres import Cluster, PostgresUnavailable


def main(home: str, open_place: str) -> int:
    """Use the cluster below `home`; the exit status is 1 if it cannot be had."""
    cluster = Cluster(Path(home), open_place=Path(open_place))
    try:
        said = {"url": cluster.start(), "launched": cluster.launched}
    except PostgresUnavailable as reason:
        print(json.dumps({"refused": str(reason)}), flush=True)  # noqa: T201
        return 1
    print(json.dumps(said), flush=True)  # noqa: T201
    sys.stdin.read()
    cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
