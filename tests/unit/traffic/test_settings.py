"""Settings refuse what would not do what was meant."""

from typing import Any

import pytest
from pydantic import ValidationError

from traffic.settings import TrafficSettings, changed


def settings(**values: Any) -> TrafficSettings:
    return TrafficSettings(**values)


def test_a_remote_target_needs_the_word_of_the_operator() -> None:
    with pytest.raises(ValidationError, match="--allow-remote permits it"):
        settings(base_url="http://10.0.0.1:11434")
    assert settings(base_url="http://10.0.0.1:11434", allow_remote=True)


@pytest.mark.parametrize(
    "url", ["localhost:11435", "ftp://localhost", "http://", "http://localhost:99999"]
)
def test_a_base_url_that_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(base_url=url)


def test_credentials_in_the_base_url_are_refused() -> None:
    with pytest.raises(ValidationError, match="without credentials"):
        settings(base_url="http://user:word@localhost")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ramp_seconds", float("inf")),
        ("ramp_seconds", 1e300),
        ("duration_seconds", float("nan")),
        ("duration_seconds", float("inf")),
        ("request_timeout_seconds", float("inf")),
        ("connect_timeout_seconds", 1e18),
        ("worker_drain_seconds", float("inf")),
        ("spike_after_seconds", float("inf")),
        ("spike_seconds", 1e300),
        ("spike_factor", 1001),
        ("rate_per_second", 1e-300),
        ("rate_per_second", float("nan")),
        ("trace_speed", float("nan")),
        ("burst_size", 100_001),
        ("warm_up", 10_001),
    ],
)
def test_a_number_that_no_run_can_have_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: value})


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_is_no_number_is_called_that_whatever_the_bounds(value: float) -> None:
    with pytest.raises(ValidationError, match=r"cancel_rate\n.*finite number"):
        settings(cancel_rate=value)


def test_a_closing_slash_is_dropped() -> None:
    assert settings(base_url="http://localhost:1/").base_url == "http://localhost:1"


@pytest.mark.parametrize("name", ["portkey_url", "ollama_url"])
def test_the_addresses_of_the_route_gateway_stay_near_as_the_base_url_does(name: str) -> None:
    far = {name: "http://10.0.0.1:1"}
    with pytest.raises(ValidationError, match="--allow-remote permits it"):
        settings(route="gateway", **far)
    assert settings(route="gateway", allow_remote=True, **far)


def test_addresses_that_the_route_does_not_use_are_not_judged() -> None:
    # the stack gives all three, whatever the run is
    assert settings(route="mixed", portkey_url="http://10.0.0.1", ollama_url="http://a/v1")
    assert settings(route="gateway", base_url="http://10.0.0.1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/"])
def test_an_ollama_url_with_v1_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="without /v1"):
        settings(route="gateway", ollama_url=url)


def test_the_route_says_to_which_server_requests_go() -> None:
    urls = {"base_url": "http://127.0.0.1:1", "portkey_url": "http://127.0.0.1:2"}
    targets = {
        route: settings(route=route, **urls).target_url for route in ("default", "mixed", "gateway")
    }
    assert targets == {
        "default": "http://127.0.0.1:1",
        "mixed": "http://127.0.0.1:1",
        "gateway": "http://127.0.0.1:2",
    }


def test_categories_and_models_that_there_are_not_are_refused_with_what_there_is() -> None:
    with pytest.raises(ValidationError, match=r"no category 'cod' \(did you mean code\?\)"):
        settings(categories="cod")
    with pytest.raises(ValidationError, match="expected a model"):
        settings(model="a,,b")
    with pytest.raises(ValidationError, match="the mix rag has none of the categories code"):
        settings(mix="rag", categories="code")


def test_several_models_have_weights() -> None:
    assert settings(model="a=3,b").models == {"a": 3.0, "b": 1.0}


def test_a_replay_needs_a_trace_and_a_trace_a_replay() -> None:
    with pytest.raises(ValidationError, match=r"needs a trace: TRAFFIC_TRACE \(--trace\)"):
        settings(preset="replay")
    with pytest.raises(ValidationError, match="by the preset replay alone"):
        settings(trace="log.jsonl")
    assert settings(preset="replay", trace="log.jsonl").is_scheduled


@pytest.mark.parametrize("other", [{"arrival": "poisson"}, {"route": "mixed"}])
def test_a_replay_has_its_instants_and_goes_one_way(other: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"not with --(arrival|route)"):
        settings(preset="replay", trace="log.jsonl", **other)


def test_all_but_a_closed_loop_are_scheduled() -> None:
    assert not settings().is_scheduled
    assert settings(arrival="ramp").is_scheduled


def test_what_only_the_native_api_has_is_refused_with_another() -> None:
    assert settings(num_ctx=4096, keep_alive="5m")
    for values in ({"num_ctx": 4096}, {"keep_alive": "5m"}):
        with pytest.raises(ValidationError, match="native API's alone"):
            settings(api="openai", **values)


def test_changed_settings_are_judged_and_what_nobody_set_stays_unset() -> None:
    base = settings(seed=7)
    made = changed(base, {"max_tokens": "9"})
    assert made == settings(seed=7, max_tokens=9)
    assert made.model_fields_set == base.model_fields_set | {"max_tokens"}
    with pytest.raises(ValidationError, match="greater than 0"):
        changed(base, {"max_tokens": 0})


def test_a_note_is_short() -> None:
    assert settings(note="x" * 200).note
    with pytest.raises(ValidationError, match="note"):
        settings(note="x" * 201)


@pytest.mark.parametrize("preset", ["edge", "refusal-safe", "embeddings"])
@pytest.mark.parametrize("other", [{"mix": "chat"}, {"categories": "code"}])
def test_a_fixture_has_neither_categories_nor_a_mix(preset: str, other: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="not with --categories or --mix"):
        settings(preset=preset, **other)
    assert settings(preset=preset, mix="uniform", arrival="poisson", route="mixed")


def test_embeddings_are_of_two_apis_and_come_in_one_piece() -> None:
    with pytest.raises(ValidationError, match=r"no embeddings \(--api native or openai\)"):
        settings(preset="embeddings", api="anthropic")
    with pytest.raises(ValidationError, match="not with --cancel-rate"):
        settings(preset="embeddings", cancel_rate=0.1)
    with pytest.raises(ValidationError, match="not with --max-tokens"):
        settings(preset="embeddings", max_tokens=10)
    assert settings(preset="embeddings", api="openai")
    assert settings(preset="edge", api="anthropic", cancel_rate=0.1)


@pytest.mark.parametrize("name", ["note", "model", "keep_alive", "results_directory", "base_url"])
def test_a_text_with_control_characters_is_refused(name: str) -> None:
    for odd in ("a\x1b[2J", "a\nb", "a\udcff"):
        with pytest.raises(ValidationError, match=rf"{name}\n.*in one line, without control"):
            settings(**{name: odd})
