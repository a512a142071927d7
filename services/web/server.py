"""The server browsers reach: uvicorn in a thread, on a socket that is bound before anything is promised."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from services.bootstrap import Engine
from services.web.app import web_app

ENDS_WITHIN: Final = 40.0
ANSWERS_WITHIN: Final = 35
"""Seconds. An exchange with Xero may take thirty; a consent that was given should not be lost to an end in order."""
AT_ONCE: Final = 32
"""Requests at a time; more are turned away."""


class PortTaken(OSError):
    """Another program listens where our server should; the message says where and what to set."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Another program listens on {host}:{port}. Stop it, or set KYRIOS_XERO_PUBLIC_URL (and the redirect URI "
            "of your app at Xero) to another port"
        )


@contextmanager
def web_serving(engine: Engine) -> Iterator[str]:
    """Serve for as long as the block; yields the address browsers use. Raises PortTaken if it cannot listen."""
    quiet_server_logs()
    with bound(*engine.settings.listens_on) as listening:
        server = uvicorn.Server(_config(engine))
        thread = threading.Thread(target=_run, args=(server, listening), name="web", daemon=True)
        thread.start()
        try:
            yield engine.settings.browser_url
        finally:
            server.should_exit = True
            thread.join(ENDS_WITHIN)


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there; connections wait in it until the server takes them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
            made.listen(64)
        except OSError as error:
            raise PortTaken(host, port) from error
        yield made


def quiet_server_logs() -> None:
    """Of the server's own log, warnings alone: what it says of single requests names their addresses."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    with asyncio.Runner() as runner:
        runner.run(server.serve([listening]))


def _config(engine: Engine) -> uvicorn.Config:
    return uvicorn.Config(
        web_app(engine),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=ANSWERS_WITHIN,
    )
