"""A ledger over HTTP that holds whatever a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import msgspec

_AMOUNTS: Final = ("SubTotal", "TotalTax", "Total", "AmountDue")


@contextmanager
def serve(body: bytes, status: int = 200) -> Iterator[str]:
    """Answer GET /ledger/invoices with `body`; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/ledger/invoices"
            self.send_response(status if found else 404)
            self.send_header("Content-Length", str(len(body) if found else 0))
            self.end_headers()
            if found:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def ledger(*invoices: dict[str, Any]) -> Iterator[str]:
    """A ledger of these invoices, whose amounts are given as text and written as JSON numbers."""
    written = [{name: _number(text) if name in _AMOUNTS else text for name, text in one.items()} for one in invoices]
    with serve(msgspec.json.encode({"invoices": written})) as url:
        yield url


def _number(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())
