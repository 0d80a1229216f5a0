"""Who sends: one name for all that one proxy's processes send."""

from ollama_observe import __version__
from proxy.telemetry.resource import SCOPE, resource_of
from tests.otlp import attributes_of


def test_a_resource_says_which_proxy_it_is() -> None:
    found = attributes_of(resource_of(11435, {}, lambda: "gpu-box").attributes)
    assert found == {
        "service.name": "ollama-observe-proxy",
        "service.version": __version__,
        "service.instance.id": "gpu-box:11435",
        "host.name": "gpu-box",
    }
    assert SCOPE.name == "ollama-observe-proxy"


def test_an_operator_s_attributes_are_added_or_stand_in_the_place_of_ours() -> None:
    more = {"service.name": "ollama", "deployment.environment.name": "home"}
    found = attributes_of(resource_of(1, more, lambda: "h").attributes)
    assert found["service.name"] == "ollama"
    assert found["deployment.environment.name"] == "home"
    assert found["service.instance.id"] == "h:1"
