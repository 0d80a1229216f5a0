"""Against small stand-ins for the gateway; the real one is asked by the integration tests."""

import contextlib
import http.server
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

from stack.portkey.streaming import stream


class Standin(http.server.BaseHTTPRequestHandler):
    """Carries a request to the host that it names."""

    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = self.headers["x-portkey-custom-host"] + self.path.removeprefix("/v1/proxy")
        with urllib.request.urlopen(url, body) as answer:
            self.answer(answer)

    def answer(self, answer: Any) -> None:
        self.send_response(200)
        self.end_headers()
        while piece := answer.read1():
            self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        pass


class Collecting(Standin):
    def answer(self, answer: Any) -> None:
        whole = answer.read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(whole)


class Altering(Standin):
    def answer(self, answer: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}\n{}\n")


class Refusing(Standin):
    status, body = 404, b"nobody here"

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)


class Failing(Refusing):
    status, body = 500, b'{"status":"failure","message":"Something went wrong"}'


class Silent(Standin):
    def do_POST(self) -> None:
        self.close_connection = True


@contextlib.contextmanager
def gateway(kind: type[Standin]) -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_pieces_that_come_as_they_are_sent_are_a_stream() -> None:
    with gateway(Standin) as port:
        streamed = stream("127.0.0.1", port)
    assert (streamed.is_ok, streamed.is_broken) == (True, False)


def test_an_answer_that_is_collected_first_is_none() -> None:
    with gateway(Collecting) as port:
        streamed = stream("127.0.0.1", port, piece_within_seconds=0.05)
    assert not streamed.is_ok
    assert "only as a whole" in streamed.detail


def test_another_answer_than_was_sent_is_none() -> None:
    with gateway(Altering) as port:
        streamed = stream("127.0.0.1", port, piece_within_seconds=0.05)
    assert streamed.detail == "what came is not what was sent"


def test_a_gateway_whose_own_code_fails_is_told_from_one_that_refuses() -> None:
    with gateway(Failing) as port:
        assert stream("127.0.0.1", port).is_broken
    with gateway(Refusing) as port:
        refused = stream("127.0.0.1", port)
    assert (refused.is_broken, refused.detail) == (False, "answered 404: nobody here")


def test_a_gateway_that_goes_away_is_said_to() -> None:
    with gateway(Silent) as port:
        streamed = stream("127.0.0.1", port)
    assert streamed.detail.startswith("the stream broke off: ")
