"""Serve the page on this machine, to those who have its address."""

import json
import secrets
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msklink_cli.page.live import LivePage
from msklink_cli.page.render import content_policy

HOST = "127.0.0.1"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"{content_policy(is_live=True)}; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PageServer(ThreadingHTTPServer):
    """
    Serve a page below a path that nobody can guess, as other users share the loopback interface.

    It answers only where the header Host names this machine: a name that others let resolve to
    127.0.0.1 is not the origin of the page.
    """

    daemon_threads = True

    def __init__(self, page: LivePage, port: int) -> None:
        self.page, self.token = page, secrets.token_urlsafe(24)
        super().__init__((HOST, port), _Handler)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave out the traceback where a browser went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    server_version = "msklink"
    sys_version = ""

    def do_GET(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "The page is for this machine only.\n")
            return
        asked = urlsplit(self.path)
        token, _, name = asked.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            name = "unknown"
        match name:
            case "" if asked.path.endswith("/"):
                self._answer(HTTPStatus.OK, "text/html", self.server.page.document())
            case "changes":
                since = parse_qs(asked.query).get("since", ["0"])[0]
                changes = self.server.page.changes(int(since) if since.isdecimal() else 0)
                self._answer(HTTPStatus.OK, "application/json", json.dumps(changes))
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is nothing here.\n")

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *words: Any) -> None:  # noqa: A002 a name of the library
        """Print nothing: the address in the log would be one more copy of it."""
