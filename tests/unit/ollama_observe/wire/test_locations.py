"""Where models compute, by their names and by what Ollama says of them."""

import pytest

from ollama_observe.wire.locations import Location, is_cloud_name, location_of, says_remote
from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.requests import read_request
from tests.fakes import captures


@pytest.mark.parametrize(
    "name",
    ["glm-4.6:cloud", "gpt-oss:120b-cloud", "gpt-oss:20b:cloud", "GLM-4.6:Cloud", "a/b:c-cloud"],
)
def test_a_tag_that_says_cloud_is_the_clouds(name: str) -> None:
    assert is_cloud_name(normalise_model(name))
    assert location_of(normalise_model(name)) is Location.CLOUD


@pytest.mark.parametrize(
    "name",
    [
        *("llama3", "my-cloud", "my-cloud:8b", "cloud", "cloud:8b", "m:cloudy", "m:icloud"),
        *("m:cloud-8b", "gpt-oss:20b:local", "mine:local", "localhost:5000/a/b-cloud", ""),
    ],
)
def test_any_other_name_does_not_say_where(name: str) -> None:
    assert not is_cloud_name(normalise_model(name))
    assert location_of(normalise_model(name)) is Location.LOCAL


def test_a_name_is_read_as_ollama_reads_it_also_where_it_is_no_normalised_one() -> None:
    assert not is_cloud_name("localhost:5000/a/b-cloud")
    assert not is_cloud_name("my-cloud")


def test_what_ollama_hands_on_is_elsewhere_whatever_its_name() -> None:
    assert location_of("my-big:latest", is_remote=True) is Location.CLOUD


@pytest.mark.parametrize(
    ("host", "model", "says"),
    [
        ("https://ollama.com:443", "gpt-oss:120b", True),
        ("http://gpu-box:11434", None, True),
        (None, "gpt-oss:120b", True),
        ("", "", False),
        (None, None, False),
        (1, ["x"], False),
    ],
)
def test_a_host_or_a_model_elsewhere_says_so(host: object, model: object, says: bool) -> None:
    assert says_remote(host, model) is says


def test_no_recorded_request_was_for_a_model_elsewhere() -> None:
    asked = set()
    for capture in map(captures.load, captures.names()):
        headers = {name.lower(): value for name, value in capture.headers.items()}
        kind, encoding = (headers.get(f"content-{part}", "") for part in ("type", "encoding"))
        facts = read_request(capture.request_body, kind, encoding)
        asked.add(normalise_model(facts.model or ""))
    assert {"smollm2:135m", "thinker:latest"} <= asked
    assert {location_of(name) for name in asked} == {Location.LOCAL}
