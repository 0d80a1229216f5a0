import errno
import os
import socket
from typing import Any

import psutil
import pytest

from stack.errors import SettingsError, StackError
from stack.parts import Address
from stack.ports import (
    Holder,
    holder_of,
    listen_error,
    next_free,
    require_distinct,
    require_free,
    trouble,
)


@pytest.fixture
def taken() -> Any:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


def proxy_at(port: int, host: str = "127.0.0.1") -> Address:
    return Address("proxy", host, port, "PROXY_PORT")


def test_a_taken_port_is_reported_with_its_holder_and_the_variable(taken: int) -> None:
    with pytest.raises(StackError) as caught:
        require_free([proxy_at(taken)])
    name = psutil.Process().name()
    assert f"port {taken} (proxy) is taken by {name} (pid {os.getpid()})" in str(caught.value)
    assert "make start PROXY_PORT=" in str(caught.value)


def test_a_port_that_only_the_wildcard_address_holds_is_taken_too() -> None:
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        sock.listen()
        error = listen_error("127.0.0.1", sock.getsockname()[1])
    assert error is not None
    assert error.errno == errno.EADDRINUSE


def test_every_taken_port_is_reported_at_once_with_different_suggestions(taken: int) -> None:
    addresses = [proxy_at(taken), Address("engine", "127.0.0.1", taken, "ENGINE_PORT")]
    with pytest.raises(StackError) as caught:
        require_free(addresses)
    suggestions = [line.rpartition("=")[2] for line in str(caught.value).splitlines()]
    assert len(set(suggestions)) == 2


def test_a_free_port_passes(taken: int) -> None:
    require_free([proxy_at(next_free("127.0.0.1", taken, set()))])


def test_a_suggested_port_is_free_and_not_one_that_another_part_wants(taken: int) -> None:
    first = next_free("127.0.0.1", taken, set())
    assert next_free("127.0.0.1", taken, {first}) > first


def test_a_holder_that_we_may_not_see_is_said_to_be_one() -> None:
    error = OSError(errno.EADDRINUSE, "")
    found = trouble(proxy_at(11435), error, Holder(None, None), 11436, "start")
    assert "a process that we may not see" in found.what
    assert found.remedy == "make start PROXY_PORT=11436"


def test_a_port_that_a_container_holds_is_said_to_be_one_s() -> None:
    error = OSError(errno.EADDRINUSE, "")
    found = trouble(proxy_at(11435), error, Holder(7, "docker-proxy"), 11436, "start")
    assert "taken by a container (docker-proxy, pid 7; `docker ps` names it)" in found.sentence


def test_an_address_of_another_machine_is_named_with_its_variable() -> None:
    with pytest.raises(StackError) as caught:
        require_free([proxy_at(1, "192.0.2.1")])
    assert str(caught.value) == "192.0.2.1 (PROXY_HOST) is not an address of this machine"


def test_a_name_that_no_resolver_knows_is_said_in_its_words() -> None:
    with pytest.raises(StackError, match=r"name.invalid:1 \(PROXY_HOST\): [A-Z][a-z]+ .*[a-z]"):
        require_free([proxy_at(1, "name.invalid")])


def test_a_port_below_1024_needs_root() -> None:
    found = trouble(proxy_at(80), OSError(errno.EACCES, ""), Holder(None, None), 1024, "start")
    assert found.sentence.endswith("needs root; choose another: make start PROXY_PORT=1024")


def test_a_port_that_no_variable_of_ours_moves_is_named_without_one(taken: int) -> None:
    with pytest.raises(StackError, match=r"taken by \S+ \(pid \d+\)$"):
        require_free([Address("mine", "127.0.0.1", taken, "")])


def test_nobody_holds_a_free_port(taken: int) -> None:
    assert holder_of(next_free("127.0.0.1", taken, set())) == Holder(None, None)


def test_two_parts_on_one_port_are_named_by_their_variables() -> None:
    legs = [Address("leg", "127.0.0.1", port, "PROXY_RETURN_LEG_PORT") for port in (11, 12)]
    require_distinct([proxy_at(10), *legs])
    with pytest.raises(SettingsError, match=r"^PROXY_PORT and PROXY_RETURN_LEG_PORT both .* 12$"):
        require_distinct([proxy_at(12), *legs])


def test_a_port_that_stands_in_an_address_is_chosen_by_the_address(taken: int) -> None:
    with pytest.raises(StackError, match=r"make start OLLAMA_URL=http://127\.0\.0\.1:\d+$"):
        require_free([Address("ollama", "127.0.0.1", taken, "OLLAMA_URL")])
