"""Who is in the backlog of a listening socket, and who is kept out."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ollama_observe.service.lifecycle import bind
from proxy.backlog import let_nobody_in, take_waiting
from stack.waiting import wait_until
from tests.components import need


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with bind("relay", "127.0.0.1", 0) as sock:
        yield sock


@pytest.fixture
def filters() -> None:
    with bind("relay", "127.0.0.1", 0) as sock:
        remedy = "a Linux that lets this user attach filters to sockets; root may"
        need("filters", let_nobody_in(sock), remedy)


def test_everybody_who_waits_is_taken_in_and_can_talk(listening: socket.socket) -> None:
    clients = [socket.create_connection(listening.getsockname()) for _ in range(3)]
    taken = take_waiting(listening)
    listening.close()
    names = {client.getsockname() for client in clients}
    assert {one.getpeername() for one in taken} == names
    for one in taken:
        one.sendall(b"x")
    assert [client.recv(1) for client in clients] == [b"x"] * 3
    for sock in (*clients, *taken):
        sock.close()


def test_where_nobody_waits_nobody_is_taken_in(listening: socket.socket) -> None:
    assert take_waiting(listening) == []
    listening.close()
    assert take_waiting(listening) == []


@pytest.mark.usefixtures("filters")
def test_nobody_new_gets_in_and_who_was_in_goes_on(listening: socket.socket) -> None:
    early = socket.create_connection(listening.getsockname())
    let_nobody_in(listening)
    with pytest.raises(TimeoutError):
        socket.create_connection(listening.getsockname(), timeout=0.2)
    (taken,) = take_waiting(listening)
    early.sendall(b"x")
    assert taken.recv(1) == b"x"
    for sock in (early, taken, listening):
        sock.close()


@pytest.mark.usefixtures("filters")
def test_who_came_in_between_is_refused_once_nobody_listens(listening: socket.socket) -> None:
    let_nobody_in(listening)
    found: list[str] = []

    def come() -> None:
        try:
            socket.create_connection(listening.getsockname(), timeout=5).close()
        except ConnectionRefusedError:
            found.append("refused")

    address = listening.getsockname()
    coming = threading.Thread(target=come)
    coming.start()
    assert wait_until(lambda: _is_connecting_to(address[1]), 5)
    listening.close()
    coming.join(5)
    assert found == ["refused"]


def _is_connecting_to(port: int) -> bool:
    """Whether somebody on this machine has asked for the port, and waits (SYN_SENT)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == "02" for row in rows)
