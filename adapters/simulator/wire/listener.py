"""Listening on a loopback port: HTTP/1.1 with keep-alive on threads of the standard library's server."""

import contextlib
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import cast

from adapters.simulator.wire.exchange import TEXT, Application, Request, Response

MAX_BODY = 10 * 1024 * 1024  # Xero's documented hard maximum
# XERO-UNVERIFIED XU-24: how a larger body is refused.
TOO_LARGE = Response(413, b"The request is too large.", TEXT)
LENGTH_REQUIRED = Response(411, b"Length Required", TEXT)


class Listener(ThreadingHTTPServer):
    """One port. ``open()`` serves it from a thread; ``close()`` also ends the connections that are kept alive."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, application: Application, name: str) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.application = application
        self._name = name
        self._lines: set[socket.socket] = set()
        self._closing = False
        self._lines_lock = threading.Lock()

    def server_bind(self) -> None:
        """Bind without asking a name server who we are, as the standard library would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address callers use."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def open(self) -> None:
        """Begin to answer, in a thread of its own."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name=self._name, daemon=True
        ).start()

    def close(self) -> None:
        """Stop answering: a kept-alive connection would otherwise go on talking to a simulator that is gone."""
        self._closing = True
        ending = threading.Thread(target=self.shutdown, name=f"{self._name} ending", daemon=True)
        ending.start()
        with contextlib.suppress(OSError):  # a knock wakes the loop, which else would look up only now and then
            socket.create_connection(("127.0.0.1", self.server_port), timeout=1).close()
        ending.join()
        self.server_close()
        with self._lines_lock:
            lines, self._lines = self._lines, set()
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def note(self, line: socket.socket) -> None:
        """Remember an open connection."""
        with self._lines_lock:
            self._lines.add(line)

    def forget(self, line: socket.socket) -> None:
        """Forget a closed connection."""
        with self._lines_lock:
            self._lines.discard(line)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up is normal, and so is anything while closing; the rest is our defect: printed."""
        if not self._closing and not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(cast(socket.socket, request), client_address)


class _Exchange(BaseHTTPRequestHandler):
    """Reads requests off one connection and offers the application the line to answer on."""

    protocol_version = "HTTP/1.1"
    server_version = "XeroSimulator"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300
    wbufsize = -1  # head and body leave in one segment

    def setup(self) -> None:
        super().setup()
        self._listener.note(self.connection)

    def finish(self) -> None:
        self._listener.forget(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    @property
    def _listener(self) -> Listener:
        return cast(Listener, self.server)

    def do_GET(self) -> None:
        """Every method is handled alike; the application decides."""
        length = self.headers.get("Content-Length")
        if self.headers.get("Transfer-Encoding"):
            self._refuse(LENGTH_REQUIRED)
            return
        if length is not None and not (length.isascii() and length.isdigit()):
            self._refuse(LENGTH_REQUIRED)
            return
        if int(length or 0) > MAX_BODY:
            self._refuse(TOO_LARGE)
            return
        body = self.rfile.read(int(length or 0))
        if len(body) < int(length or 0):  # the caller hung up in the middle of its request
            self.hang_up()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._listener.application(Request(self.command, self.path, headers, body), self)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - the names the standard library looks for

    def _refuse(self, response: Response) -> None:
        self.close_connection = True
        self.send(response)

    def send(self, response: Response) -> None:
        """Answer completely."""
        self._head(response)
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def send_cut(self, response: Response) -> None:
        """Announce the whole body, send half of it, hang up."""
        self._head(response)
        self.wfile.write(response.body[: len(response.body) // 2])
        self.wfile.flush()
        self.hang_up()

    def hang_up(self) -> None:
        """Close without (further) answer."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Linger zero makes the kernel send RST instead of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The descriptor is closed here and now: shutting down first would send an orderly FIN.
        self._listener.forget(self.connection)
        socket.close(self.connection.detach())

    def abandoned(self) -> bool:
        """True once the caller has closed its side."""
        self.connection.setblocking(False)  # with a timeout set, Python would wait in spite of MSG_DONTWAIT
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.settimeout(self.timeout)

    def _head(self, response: Response) -> None:
        self.send_response(response.status)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr per request: the ledger's journal is the log."""
