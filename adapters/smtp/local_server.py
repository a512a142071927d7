"""A mail server on this machine, for where none is set: it takes mails over SMTP and keeps them in a folder (Maildir).

It listens on this machine alone, on a port the system picks, and passes nothing on.
"""

import asyncio
import mailbox
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from adapters.smtp.address import ServerAddress

HOST: Final = "127.0.0.1"
LARGEST: Final = 1024 * 1024
READY_WITHIN: Final = 10.0


class _Keeping:
    """Keeps each mail as it came."""

    def __init__(self, folder: Path) -> None:
        self._maildir = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self._maildir.add(envelope.content)
        return "250 kept"


@contextmanager
def local_mail_server(folder: Path) -> Iterator[ServerAddress]:
    """Take mails for as long as the block; yields where."""
    from aiosmtpd.smtp import SMTP

    handler = _Keeping(folder)
    with answering(lambda loop: SMTP(handler, data_size_limit=LARGEST, hostname="localhost", loop=loop)) as port:
        yield ServerAddress(HOST, port)


@contextmanager
def answering(new_protocol: Callable[[asyncio.AbstractEventLoop], Any]) -> Iterator[int]:
    """Answer connections to this machine in a thread of its own for as long as the block; yields the port."""
    started, told = threading.Event(), dict[str, Any]()

    async def serve() -> None:
        loop, ended, made = asyncio.get_running_loop(), asyncio.Event(), list[Any]()

        def protocol() -> Any:
            made[:] = [one for one in made if one.transport is not None]
            made.append(new_protocol(loop))
            return made[-1]

        server = await loop.create_server(protocol, HOST, 0)
        told.update(loop=loop, ended=ended, port=server.sockets[0].getsockname()[1])
        started.set()
        await ended.wait()
        server.close()
        for one in made:
            if one.transport is not None:
                one.transport.abort()
        await asyncio.sleep(0)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="local mail server", daemon=True)
    thread.start()
    if not started.wait(READY_WITHIN):
        raise OSError("the local mail server did not start")
    try:
        yield told["port"]
    finally:
        told["loop"].call_soon_threadsafe(told["ended"].set)
        thread.join(READY_WITHIN)
