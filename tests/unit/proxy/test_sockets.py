"""The sockets of a proxy: one in front, and a return leg for each process."""

import gc
import socket
import warnings
from collections.abc import Iterator

import pytest

from ollama_observe.service.lifecycle import ListenError
from proxy.settings import ProxySettings
from proxy.sockets import Sockets, bind_sockets


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate({"port": 0, "return_leg_port": 0, **told})


def ports(sockets: Sockets) -> list[int]:
    return [sock.getsockname()[1] for sock in sockets.returns]


@pytest.fixture
def bound(request: pytest.FixtureRequest) -> Iterator[Sockets]:
    """What the settings of the test's mark bind."""
    sockets = bind_sockets(settings(**request.param))
    yield sockets
    sockets.close()


@pytest.mark.parametrize(
    "bound",
    [{}, {"workers": 3}, {"enable_portkey": True, "return_leg": False}, {"return_leg": True}],
    indirect=True,
    ids=repr,
)
def test_without_the_gateways_way_back_there_is_one_socket(bound: Sockets) -> None:
    assert bound.returns == ()
    assert bound.front.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("bound", [{"enable_portkey": True, "workers": 3}], indirect=True)
def test_each_process_has_a_return_leg_on_a_port_of_its_own(bound: Sockets) -> None:
    assert len(set(ports(bound))) == 3
    for sock in (bound.front, *bound.returns):
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_return_legs_lie_side_by_side_from_the_port_that_was_chosen() -> None:
    first = two_free_ports()
    sockets = bind_sockets(settings(enable_portkey=True, workers=2, return_leg_port=first))
    assert ports(sockets) == [first, first + 1]
    sockets.close()


def two_free_ports() -> int:
    for _ in range(50):
        with socket.socket() as sock, socket.socket() as after:
            sock.bind(("127.0.0.1", 0))
            first = int(sock.getsockname()[1])
            try:
                after.bind(("127.0.0.1", first + 1))
            except (OSError, OverflowError):
                continue
            return first
    raise AssertionError("no two free ports beside each other")


def test_a_return_leg_may_listen_elsewhere_than_the_front() -> None:
    told = settings(enable_portkey=True, host="127.0.0.2", return_leg_host="127.0.0.3")
    sockets = bind_sockets(told)
    hosts = [sock.getsockname()[0] for sock in (sockets.front, *sockets.returns)]
    sockets.close()
    assert hosts == ["127.0.0.2", "127.0.0.3"]


def test_closing_closes_all() -> None:
    sockets = bind_sockets(settings(enable_portkey=True, workers=2))
    sockets.close()
    sockets.close()
    assert [sock.fileno() for sock in (sockets.front, *sockets.returns)] == [-1, -1, -1]


def refusal(told: ProxySettings) -> BaseException:
    """Why they cannot be listened on; what was bound by then is let go of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(Exception) as refused:
            bind_sockets(told)
        error = refused.value.with_traceback(None)
        del refused
        gc.collect()
    return error


def test_a_port_that_is_taken_is_told_with_whose_it_was_to_be() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        front = refusal(settings(port=port))
        back = refusal(settings(enable_portkey=True, return_leg_port=port))
    assert isinstance(front, ListenError)
    assert isinstance(back, ListenError)
    assert f"127.0.0.1:{port} (relay)" in str(front)
    assert f"127.0.0.1:{port} (return leg)" in str(back)


def test_return_legs_beyond_the_last_port_are_told_as_such() -> None:
    told = settings(enable_portkey=True, workers=2, return_leg_port=65535)
    refused = refusal(told)
    assert isinstance(refused, ListenError)
    assert "cannot listen on port 65536 (return leg" in str(refused)
