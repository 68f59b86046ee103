"""The server of the page: for those who have its address, on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from msklink_cli.page.live import LivePage
from msklink_cli.page.server import PageServer
from tests.support import page_samples

POLL_SECONDS = 0.01
"""How soon the server sees that it is to end."""


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(LivePage(page_samples.running, 5), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def get(server: PageServer, path: str, method: str = "GET", **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", server.server_port)
    with closing(connection):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer


def changes(server: PageServer, since: str) -> Any:
    connection = HTTPConnection("127.0.0.1", server.server_port)
    with closing(connection):
        connection.request("GET", f"/{server.token}/changes?since={since}")
        return json.loads(connection.getresponse().read())


def test_it_listens_on_this_machine_only(server: PageServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.address.startswith(f"http://127.0.0.1:{server.server_port}/")


def test_the_address_has_a_token_that_is_new_each_time(server: PageServer) -> None:
    with PageServer(LivePage(page_samples.running, 5), 0) as other:
        assert other.token != server.token
    assert len(server.token) >= 32


def test_the_page_is_below_the_token(server: PageServer) -> None:
    answer = get(server, f"/{server.token}/")

    assert answer.status == 200
    assert answer.getheader("Content-Type") == "text/html; charset=utf-8"


def test_the_script_gets_changes_as_json(server: PageServer) -> None:
    first, none, odd = (changes(server, since) for since in ("0", "1", "x"))

    assert len(first["cards"]) == 3
    assert none["cards"] == {}
    assert odd["cards"].keys() == first["cards"].keys()


@pytest.mark.parametrize(
    "path",
    ["/", "/favicon.ico", "/changes", "/{}", "/{}x/", "/{}/more", "/{}/../changes", "x"],
)
def test_there_is_nothing_elsewhere(server: PageServer, path: str) -> None:
    answer = get(server, path.format(server.token))

    assert answer.status == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:{}", "[::1]:{}", ""])
def test_another_name_for_this_machine_is_refused(server: PageServer, host: str) -> None:
    """A page of others can let its own name resolve to 127.0.0.1 (DNS rebinding)."""
    answer = get(server, f"/{server.token}/", Host=host.format(server.server_port))

    assert answer.status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_is_read_only(server: PageServer, method: str) -> None:
    assert get(server, f"/{server.token}/", method).status == 501


def test_its_headers_keep_the_page_to_itself(server: PageServer) -> None:
    answer = get(server, f"/{server.token}/")

    policy = str(answer.getheader("Content-Security-Policy"))
    assert policy.startswith("default-src 'none'; ")
    assert "connect-src 'self'; " in policy
    assert policy.endswith("frame-ancestors 'none'")
    assert "unsafe" not in policy
    assert answer.getheader("Cache-Control") == "no-store"
    assert answer.getheader("Referrer-Policy") == "no-referrer"
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Access-Control-Allow-Origin") is None
