import pytest

from stack.docker.published import OF_PORTS, published_on
from stack.errors import UnfitError
from stack.settings import parse
from tests.compose.files import BASE, written


def test_an_address_of_ipv4_is_taken_as_it_is() -> None:
    assert published_on(parse({})) == {}
    assert published_on(parse({"PROXY_HOST": "0.0.0.0", "OLLAMA_BIND": "10.0.0.7"})) == {}


def test_localhost_is_this_machine_s_loopback() -> None:
    told = published_on(parse({"PROXY_HOST": "localhost", "PORTKEY_BIND": "localhost"}))
    assert told == {"PROXY_HOST": "127.0.0.1", "PORTKEY_BIND": "127.0.0.1"}


@pytest.mark.parametrize("value", ["::1", "::", "gpu-box", "fe80::1%eth0"])
def test_what_docker_does_not_publish_on_is_refused_by_the_variable_s_name(value: str) -> None:
    with pytest.raises(UnfitError, match=f"^DASHBOARD_HOST: .* of IPv4, found '{value}'$"):
        published_on(parse({"DASHBOARD_HOST": value}))


def test_each_mistake_is_said() -> None:
    with pytest.raises(UnfitError, match=r"PROXY_HOST: .*\nOLLAMA_BIND: "):
        published_on(parse({"PROXY_HOST": "::1", "OLLAMA_BIND": "box"}))


def test_every_address_that_the_file_publishes_on_is_looked_at() -> None:
    ports = [port for one in written(BASE)["services"].values() for port in one.get("ports", ())]
    names = {port.partition("${")[2].partition(":")[0].lower() for port in ports}
    assert names == set(OF_PORTS)
