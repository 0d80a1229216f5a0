import socket

import pytest

from stack.here import is_here, own_addresses, own_names


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("Desk", True),
        ("192.168.0.4", True),
        ("fe80::4", True),
        ("192.168.0.5", False),
        ("gpu-box", False),
        ("desk.example", False),
        ("", False),
    ],
)
def test_a_host_is_here_by_name_or_address(host: str, expected: bool) -> None:
    assert is_here(host, {"desk"}, {"127.0.0.1", "192.168.0.4", "fe80::4%eth0"}) == expected


def test_this_machine_is_here() -> None:
    assert is_here(socket.gethostname(), own_names(), own_addresses())
    assert "127.0.0.1" in own_addresses()
