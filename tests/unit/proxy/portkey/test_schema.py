"""Which configurations are refused, and in which words."""

import pytest

from proxy.portkey.schema import ConfigError, check
from tests.gateway_configs import FALLBACK, PLAIN, conditional, with_


def refusal(root: object) -> str:
    """Why a configuration is refused."""
    with pytest.raises(ConfigError) as refused:
        check(root)
    return str(refused.value)


WRONG: dict[str, list[object]] = {
    "strategy": ["fallback", []],
    "targets": [{}, [], "ollama"],
    "provider": [1, ["openai"]],
    "api_key": [1],
    "custom_host": [1, {"host": "a"}],
    "weight": ["1", -1, True, float("nan")],
    "request_timeout": ["1s", -0.5, False],
    "override_params": [[], "model"],
    "retry": [
        *(2, [], {}),
        *({"attempts": attempts} for attempts in (None, -1, 6, 2.0, True, "2")),
        *({"attempts": 1, "on_status_codes": codes} for codes in (503, None, [503, "504"])),
    ],
    "cache": ["simple", {}, {"mode": "Simple"}, {"mode": []}],
    "name": [1],
}


@pytest.mark.parametrize(
    ("key", "wrong"), [(key, wrong) for key in WRONG for wrong in (None, *WRONG[key])], ids=repr
)
def test_a_key_of_the_wrong_kind_is_named_with_its_place(key: str, wrong: object) -> None:
    assert refusal(with_(**{key: wrong})).startswith(f"{key}: expected ")
    deeper = {**FALLBACK, "targets": [PLAIN, {**FALLBACK, "targets": [with_(**{key: wrong})]}]}
    assert refusal(deeper).startswith(f"targets[1].targets[0].{key}: expected ")


@pytest.mark.parametrize("root", [None, [], "openai", 1, True])
def test_what_is_no_object_is_refused(root: object) -> None:
    assert "expected an object" in refusal(root)
    assert refusal({**FALLBACK, "targets": [PLAIN, root]}).startswith("targets[1].")


@pytest.mark.parametrize("mode", [None, "", "Fallback", "random", 1, ["fallback"], {}])
def test_a_mode_is_one_of_four_and_is_said_as_it_was_found(mode: object) -> None:
    said = refusal({**FALLBACK, "strategy": {"mode": mode}})
    modes = "single, loadbalance, fallback, conditional"
    assert said == f"strategy.mode: expected one of {modes}, found {mode!r}"


@pytest.mark.parametrize(
    "codes", [503, "503", None, [99], [600], [True], [503.0], ["503"], [[]]], ids=repr
)
def test_a_fallbacks_statuses_are_those_of_http(codes: object) -> None:
    root = {**FALLBACK, "strategy": {"mode": "fallback", "on_status_codes": codes}}
    assert refusal(root).startswith("strategy.on_status_codes: expected a list of HTTP statuses")


@pytest.mark.parametrize("codes", [[], [100, 599], [429]])
def test_any_status_of_http_may_make_it_fall_back(codes: list[int]) -> None:
    check({**FALLBACK, "strategy": {"mode": "fallback", "on_status_codes": codes}})


def test_a_strategy_is_one_over_targets() -> None:
    expected = "strategy: expected targets beside it, found none"
    assert refusal(with_(strategy={"mode": "fallback"})) == expected


def test_where_there_are_no_targets_there_is_a_provider() -> None:
    expected = "provider: expected a provider's name, found none"
    assert refusal({}) == expected
    assert refusal({"api_key": "k", "custom_host": "${ollama}"}) == expected
    assert refusal({**FALLBACK, "targets": [PLAIN, {}]}) == f"targets[1].{expected}"


def test_a_key_is_not_said_where_it_is_wrong() -> None:
    for key in ("weight", "retry", "cache", "override_params", "strategy"):
        assert "secret" not in refusal(with_(**{key: "secret"}))
    assert "secret" not in refusal({"secret": "secret"})


@pytest.mark.parametrize(
    "strategy",
    [
        {"conditions": None},
        {"conditions": {}},
        {"conditions": ["a"]},
        {"conditions": [{"query": {}, "then": "a"}, None]},
        {"conditions": [{"query": {}, "then": "elsewhere"}]},
        {"conditions": [{"query": {}}]},
        {"conditions": [{"query": {}, "then": 1}]},
        {"default": "elsewhere"},
        {"default": None},
    ],
)
def test_a_condition_leads_to_a_target_by_its_name(strategy: dict[str, object]) -> None:
    assert refusal(conditional("a", "b", **strategy)).startswith("strategy")


def test_a_condition_further_in_is_found_with_its_place() -> None:
    root = {**FALLBACK, "targets": [PLAIN, conditional("a", default="b")]}
    assert refusal(root).startswith("targets[1].strategy: ")


@pytest.mark.parametrize("strategy", [{"conditions": [{"query": {}}]}, {"default": None}])
def test_a_target_without_a_name_is_none_that_a_condition_leads_to(
    strategy: dict[str, object],
) -> None:
    assert refusal(conditional("a", "", **strategy)).startswith("strategy")


@pytest.mark.parametrize("name", [["a"], {"name": "a"}])
def test_a_condition_that_leads_to_no_name_is_refused(name: object) -> None:
    assert refusal(conditional("a", default=name)).startswith("strategy")


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ({"provider": "openai", "custom_host": "${ollama}"}, "custom_host: expected api_key"),
        ({"targets": [PLAIN]}, "targets: expected strategy beside it"),
        ({**FALLBACK, "targets": [{"targets": [PLAIN]}]}, "targets[0].targets: expected strategy"),
        (with_(forward_headers="x-own"), "forward_headers: expected a list of names"),
        (with_(custom_host="http://me:pw@127.0.0.1:1"), "custom_host: expected ${ollama}, or an "),
        (conditional("a", conditions=[{"then": "a"}]), "strategy.conditions: expected a list of"),
        (
            {"strategy": {"mode": "loadbalance"}, "targets": [with_(weight=0), with_(weight=0.0)]},
            "targets: expected a weight above 0, found none",
        ),
    ],
)
def test_what_the_gateway_would_refuse_is_refused_at_the_start(
    root: dict[str, object], said: str
) -> None:
    assert refusal(root).startswith(said)


@pytest.mark.parametrize(
    "root",
    [
        {"provider": "openai"},
        with_(forward_headers=[1]),
        with_(cache={"mode": "simple", "max_age": "1h"}),
        with_(retry={"attempts": 1, "use_retry_after_header": "yes"}),
    ],
)
def test_what_the_gateway_would_refuse_of_some_requests_is_refused_as_well(
    root: dict[str, object],
) -> None:
    assert refusal(root)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("custom_hots", "custom_host"), ("overide_params", "override_params"), ("retrys", "retry")],
)
def test_a_key_that_is_misspelt_is_refused_by_name(wrong: str, meant: str) -> None:
    assert refusal(with_(**{wrong: "x"})) == f"{wrong}: unknown, did you mean {meant}?"


@pytest.mark.parametrize(
    ("age", "found"),
    [(0, "0;"), (0.0, "0;"), (-1, "int"), ("1h", "str"), (None, "NoneType"), (True, "bool")],
)
def test_answers_that_last_no_time_are_no_cache(age: object, found: str) -> None:
    said = refusal(with_(cache={"mode": "simple", "max_age": age}))
    assert said.startswith(f"cache.max_age: expected seconds above 0, found {found}")
    check(with_(cache={"mode": "simple", "max_age": 0.5}))
    check(with_(cache={"mode": "simple"}))


def test_an_operator_that_the_gateway_does_not_know_is_refused() -> None:
    wrong = {"query": {"$and": [{"params.model": {"$equals": "x"}}]}, "then": "a"}
    assert refusal(conditional("a", conditions=[wrong])).startswith("strategy.conditions")


def test_a_host_that_the_gateway_takes_for_none_is_refused() -> None:
    assert refusal(with_(custom_host="http://my_host:1")).startswith("custom_host")
    check(with_(custom_host="${my_host}"))
