"""Connections to the upstream on paper: what is told of an answer, and when one is used again."""

import pytest

from proxy.failures import OwnDefect, UpstreamBrokeOff
from proxy.pool import UpstreamPool
from proxy.upstream import UpstreamConnection
from tests.paper import Asker, Transport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class World:
    """A pool with a clock that is moved by hand, and connections that are made of paper."""

    def __init__(self, url: str = "http://gpu-box:11434") -> None:
        self.now = 1.0
        self.pool = UpstreamPool(url, 1.0, lambda: self.now)
        self.pool.keep = self.keep  # type: ignore[method-assign]
        self.kept: list[UpstreamConnection] = []

    def keep(self, connection: UpstreamConnection) -> None:
        self.kept.append(connection)

    def connection(
        self, asker: Asker, method: bytes = b"GET"
    ) -> tuple[UpstreamConnection, Transport]:
        connection, transport = UpstreamConnection(self.pool), Transport()
        connection.connection_made(transport)  # type: ignore[arg-type]
        connection.begin(asker, method)
        connection.request_ended()
        return connection, transport


def test_an_answer_is_told_as_it_comes_and_its_connection_is_kept() -> None:
    world, asker = World(), Asker()
    connection, transport = world.connection(asker)
    connection.data_received(OK[:20])
    connection.data_received(OK[20:] + b"a")
    world.now = 2.0
    connection.data_received(b"b")
    assert asker.told == [(1.0, 200), (1.0, b"a", [b"a"], False), (2.0, b"b", [b"b"], True)]
    assert world.kept == [connection]
    assert transport.story == []


def test_a_head_alone_is_told_before_its_body_comes() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker)
    connection.data_received(CHUNKED)
    assert asker.told == [(1.0, 200), (1.0, b"", [], False)]


def test_interim_answers_come_before_the_final_one() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker)
    connection.data_received(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"ab")
    assert asker.told == [100, (1.0, 200), (1.0, b"ab", [b"ab"], True)]


def test_an_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker, b"HEAD")
    connection.data_received(OK)
    assert asker.told == [(1.0, 200), (1.0, b"", [], True)]
    assert world.kept == [connection]


def test_chunk_framing_is_told_as_it_came() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker)
    connection.data_received(CHUNKED + b"2;x=y\r\nab\r\n")
    connection.data_received(b"0\r\nX-Sum: 1\r\n\r\n")
    assert asker.told[1:] == [
        (1.0, b"2;x=y\r\nab\r\n", [b"ab"], False),
        (1.0, b"0\r\nX-Sum: 1\r\n\r\n", [], True),
    ]


def test_an_answer_without_length_ends_with_its_connection() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker)
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nab")
    connection.eof_received()
    connection.connection_lost(None)
    assert asker.told[1:] == [(1.0, b"ab", [b"ab"], False), (1.0, b"", [], True)]
    assert world.kept == []


def test_a_connection_that_ends_early_is_told_as_broken_off() -> None:
    for sent, expected in ((b"", []), (OK + b"a", [(1.0, 200), (1.0, b"a", [b"a"], False)])):
        world, asker = World(), Asker()
        connection, _ = world.connection(asker)
        if sent:
            connection.data_received(sent)
        connection.connection_lost(ConnectionResetError(104, "reset"))
        assert asker.told == [*expected, UpstreamBrokeOff]


def test_what_is_no_http_is_told_as_broken_off_and_the_connection_is_cut() -> None:
    for sent in (b"ICY 200 OK\r\n\r\n", CHUNKED + b"zz\r\n", b"HTTP/1.1 101 X\r\n\r\n"):
        world, asker = World(), Asker()
        connection, transport = world.connection(asker)
        connection.data_received(sent)
        assert asker.told[-1] is UpstreamBrokeOff
        assert "abort" in transport.story


def test_a_head_without_end_is_cut() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker)
    for _ in range(5):
        connection.data_received(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 65536)
    assert asker.told == [UpstreamBrokeOff]


def test_a_connection_is_kept_only_when_both_sides_have_nothing_left_to_say() -> None:
    cases = {
        "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "more than was asked for": OK + b"abHTTP/1.1 200 OK\r\n",
        "an old version": b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    }
    for sent in cases.values():
        world, asker = World(), Asker()
        connection, transport = world.connection(asker)
        connection.data_received(sent)
        assert world.kept == []
        assert "abort" in transport.story


def test_a_connection_whose_request_is_not_whole_is_not_used_again() -> None:
    world, asker = World(), Asker()
    connection, _ = world.connection(asker)
    connection.begin(asker, b"POST")
    connection.data_received(OK + b"ab")
    assert world.kept == []


def test_one_that_was_paused_is_read_again_when_it_serves_the_next() -> None:
    world, asker = World(), Asker()
    connection, transport = world.connection(asker)
    connection.pause()
    connection.data_received(OK + b"ab")
    connection.begin(asker, b"GET")
    assert transport.story == ["pause_reading", "resume_reading"]


def test_nobody_is_told_after_it_was_given_up() -> None:
    world, asker = World(), Asker()
    connection, transport = world.connection(asker)
    connection.give_up()
    connection.connection_lost(None)
    assert asker.told == []
    assert transport.story[0] == "abort"


def test_what_comes_unasked_ends_an_idle_connection() -> None:
    world, asker = World(), Asker()
    connection, transport = world.connection(asker)
    connection.data_received(OK + b"ab")
    connection.data_received(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert "abort" in transport.story


@pytest.mark.parametrize("at", ["head", "end"])
def test_a_defect_of_who_asked_is_told_as_one_and_ends_the_connection(at: str) -> None:
    world, asker = World(), Asker(defect=KeyError("a secret"), at=at)
    connection, transport = world.connection(asker)
    connection.data_received(OK + b"ab")
    assert asker.told[-1] is OwnDefect
    assert transport.story == ["abort"]


def test_a_defect_at_the_end_of_a_connection_is_told_too() -> None:
    world, asker = World(), Asker(defect=KeyError("a secret"), at="end")
    connection, _ = world.connection(asker)
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nab")
    connection.eof_received()
    assert asker.told[-1] is OwnDefect


def test_one_whose_request_has_not_left_whole_serves_no_other() -> None:
    world, asker = World(), Asker()
    connection, transport = world.connection(asker)
    transport.unsent = 5
    connection.data_received(OK + b"ab")
    assert world.kept == []
    assert transport.story == ["abort"]


def test_an_end_is_passed_on_where_there_is_a_way_to_say_it() -> None:
    world = World()
    for can_end in (True, False):
        connection, transport = UpstreamConnection(world.pool), Transport(can_end)
        connection.connection_made(transport)  # type: ignore[arg-type]
        assert connection.send_end() is can_end
        assert ("write_eof" in transport.story) is can_end
