import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from stack.top.asking import HttpAsker, SilentError, unix_time
from tests.answering import answering
from tests.ports import free_port


class Handler(http.server.BaseHTTPRequestHandler):
    """Counts connections and questions; closes the connection after each where it is told."""

    protocol_version = "HTTP/1.1"
    closes = False
    connections = 0
    asked: list[tuple[str, str | None]]

    def setup(self) -> None:
        super().setup()
        type(self).connections += 1

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        self.send_response(503 if self.path == "/health" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        # without a word: as one does that was stopped while nobody asked
        self.close_connection = self.closes

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(closes: bool = False) -> Iterator[tuple[str, type[Handler]]]:
    class Own(Handler):
        asked: list[tuple[str, str | None]] = []  # noqa: RUF012

    Own.closes = closes
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", Own
        server.shutdown()


@contextlib.contextmanager
def asking(url: str, within_seconds: float = 3.0) -> Iterator[HttpAsker]:
    with contextlib.closing(HttpAsker(url, within_seconds)) as asker:
        yield asker


def test_one_connection_serves_many_questions() -> None:
    with serving() as (place, server), asking(f"http://{place}") as asker:
        assert [asker.get("/metrics").body for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 1


def test_one_that_was_closed_while_it_was_idle_is_made_again() -> None:
    with serving(closes=True) as (place, server), asking(f"http://{place}") as asker:
        assert [asker.get("/a").status for _ in range(3)] == [200] * 3
        assert server.connections == 3


def test_an_answer_has_the_other_s_clock() -> None:
    with serving() as (place, _), asking(f"http://{place}") as asker:
        date = asker.get("/").date
    assert date is not None
    assert abs(date - wall()) < 5


def wall() -> float:
    return time.clock_gettime(time.CLOCK_REALTIME)


def test_a_path_and_credentials_of_an_address_are_used_and_the_latter_not_shown() -> None:
    with serving() as (place, server), asking(f"http://me:p%40ss@{place}/under/") as asker:
        asker.get("/metrics")
        assert server.asked == [("/under/metrics", "Basic bWU6cEBzcw==")]
        assert asker.name == f"http://{place}/under/"


def test_only_an_accepted_status_is_an_answer() -> None:
    with serving() as (place, _), asking(f"http://{place}") as asker:
        assert asker.get("/health", (200, 503)).status == 503
        with pytest.raises(SilentError, match=r"^it answered 503 to GET /health$"):
            asker.get("/health")
    with answering(404, b"") as url, asking(url) as asker:
        with pytest.raises(SilentError, match=r"^it answered 404 to GET /x$"):
            asker.get("/x?query=a%20long%20one")


def test_nobody_listens() -> None:
    with pytest.raises(SilentError, match=r"^connection refused$"):
        HttpAsker(f"http://127.0.0.1:{free_port()}").get("/")


def test_nobody_knows_the_name() -> None:
    with pytest.raises(SilentError, match=r"^nobody knows the name$"):
        HttpAsker("http://no-such-host.invalid:1").get("/")


@contextlib.contextmanager
def saying(data: bytes, ends: bool = True) -> Iterator[str]:
    """A server that says this to whoever asks; then it closes, or says no more."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as kept:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = kept.enter_context(server.accept()[0])
                    connection.recv(65536)
                    connection.sendall(data)
                    if ends:
                        connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def trickling(head: bytes, every_seconds: float) -> Iterator[str]:
    """A server that says a head, then a byte now and then, as long as somebody listens."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError), server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(head)
                while not ended.wait(every_seconds):
                    connection.sendall(b"1")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        thread.join(5)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it closed the connection"),
        (b"SSH-2.0-OpenSSH_9\r\n", "what answers there does not speak HTTP"),
    ],
)
def test_what_is_no_answer_is_a_sentence(data: bytes, sentence: str) -> None:
    with saying(data) as url, asking(url) as asker:
        with pytest.raises(SilentError, match=sentence):
            asker.get("/")


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno"])
def test_who_says_nothing_more_is_not_waited_for(data: bytes) -> None:
    begun = time.monotonic()
    with saying(data, ends=False) as url, asking(url, 0.2) as asker:
        with pytest.raises(SilentError, match=r"^no answer within 0.2 s$"):
            asker.get("/")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
)
def test_an_answer_that_trickles_is_not_waited_for(head: bytes) -> None:
    begun = time.monotonic()
    with trickling(head, 0.02) as url, asking(url, 0.3) as asker:
        with pytest.raises(SilentError, match=r"^no answer within 0.3 s$"):
            asker.get("/")
    assert time.monotonic() - begun < 5


def test_half_an_answer_is_none() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno"
    with saying(half) as url, asking(url) as asker:
        with pytest.raises(SilentError, match=r"^it closed the connection$"):
            asker.get("/")


def test_an_answer_without_an_end_is_not_read_for_ever() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with saying(head + b"x" * (17 * 2**20), ends=False) as url, asking(url) as asker:
        with pytest.raises(SilentError, match="its answer is longer than 16 MiB"):
            asker.get("/")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777.0),
        ("yesterday", None),
        ("", None),
        (None, None),
        (f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT", None),
        (f"Sun, 06 Nov 1994 08:49:37 +{'9' * 30}", None),
    ],
)
def test_a_date_is_unix_time_where_it_is_one(date: str | None, expected: float | None) -> None:
    assert unix_time(date) == expected
