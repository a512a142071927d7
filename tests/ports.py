"""Ports that are a test's own from when they are chosen: for servers that are told their port, or come back to it.

A port that is found by binding to 0 and let go again may be anybody's by the time it is needed. These lie below those
that the system gives out by itself, and no two processes of tests hold the same one.
"""

import os
import socket
from contextlib import suppress
from itertools import count
from typing import Final

FIRST: Final = 10_240
LAST: Final = 32_767
"""Above are the ports of outgoing connections and of servers that do not care (Linux's ip_local_port_range)."""
_HELD: Final[dict[int, socket.socket]] = {}


def own_port() -> int:
    """A port on which nobody listens and that no other test chooses while this process lives."""
    for number in count(os.getpid() * 7):
        port = FIRST + number % (LAST - FIRST + 1)
        if port not in _HELD and _claimed(port):
            return port
    raise AssertionError("it counts for ever")


def _claimed(port: int) -> bool:
    # The name of a socket without a file is free again when its process is gone, however that ended.
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with suppress(OSError):
        claim.bind(f"\0kyrios-xero-test-port-{port}")
        with socket.create_server(("127.0.0.1", port)):
            _HELD[port] = claim
            return True
    claim.close()
    return False
