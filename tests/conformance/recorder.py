"""A relay between a client and the simulator that keeps every exchange, whichever HTTP library the client uses."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered; header names are in lower case."""

    method: str
    target: str
    request_headers: dict[str, str]
    body: bytes
    status: int
    headers: dict[str, str]
    answer: bytes

    @property
    def content_type(self) -> str:
        """The answer's media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


class Recorder(ThreadingHTTPServer):
    """Listens on loopback, passes everything on, remembers it in order."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.upstream = urlsplit(upstream).netloc
        self.exchanges: list[Exchange] = []

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    """A recorder in front of a server, for as long as the block lasts."""
    with Recorder(upstream) as recorder:
        threading.Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield recorder
        finally:
            recorder.shutdown()


class _Relay(BaseHTTPRequestHandler):
    """One connection of a client; each request travels upstream on one of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Pass on whatever it is."""
        recorder = cast(Recorder, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        line = http.client.HTTPConnection(recorder.upstream, timeout=30)
        try:
            line.request(self.command, self.path, body or None, headers)
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        told = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
        recorder.exchanges.append(
            Exchange(self.command, self.path, headers, body, answer.status, told, content),
        )
        self.send_response_only(answer.status)
        for name, value in (told | {"content-length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names the standard library looks for

    def log_message(self, format: str, *args: Any) -> None:
        """The recording is the log."""
