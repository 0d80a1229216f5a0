import pytest

from stack.docker.settings import Containers
from stack.parts import Part
from stack.settings import KNOWN, parse
from stack.variables import (
    HANDED_ON,
    WITHOUT_PREFIX,
    environment_of,
    merge,
    operator_variables,
    others_variables,
)

PART = Part("proxy", ("true",), (), "", 1, 1, {"PROXY_PORT": "1", "TRUSTED": "us"})


def test_the_environment_wins_over_the_file() -> None:
    merged, _ = merge({"PROXY_PORT": "2000"}, {"PROXY_PORT": "1000", "ENGINE_PORT": "3000"})
    assert parse(merged).proxy_port == 2000
    assert parse(merged).engine_port == 3000


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest() -> None:
    merged, mistakes = merge({"TZ": "UTC"}, {"OLAMA_URL": "http://127.0.0.1:1", "TZ": "x"})
    assert mistakes[0] == ".env: unknown setting OLAMA_URL, did you mean OLLAMA_URL?"
    # what is refused of one source does not hide the other's
    assert (len(mistakes), merged) == (2, {"TZ": "UTC"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PROMETHEUS_PROT", "PROMETHEUS_PORT"),
        ("STACK_STATE", "STACK_STATE_DIR"),
        ("prometheus_port", "PROMETHEUS_PORT"),
        ("PROMETEUS", "PROMETHEUS"),
        ("ENGINES", "ENGINE"),
        ("OLAMA_URL", "OLLAMA_URL"),
        ("OLLAMA_ULR", "OLLAMA_URL"),
        ("PORTKEY_PROT", "PORTKEY_PORT"),
        ("PORTKY", "PORTKEY"),
        ("TRAFIC", "TRAFFIC"),
        ("RUNTIM", "RUNTIME"),
        ("ALERTMANGER", "ALERTMANAGER"),
        ("ALERTMANAGER_PROT", "ALERTMANAGER_PORT"),
        ("ALERTMANAGER_WEBHOOK", "ALERTMANAGER_WEBHOOK_URL"),
    ],
)
def test_a_misspelt_name_in_the_environment_is_refused_with_the_nearest(
    name: str, meant: str
) -> None:
    said = f"unknown setting {name}, did you mean {meant}?"
    assert merge({name: "x", "HOME": "/me"}, {}) == ({"HOME": "/me"}, [said])
    assert merge({name: ""}, {}) == ({name: ""}, [])


# those of Ollama's own that look most like ours, the clients', and strangers
@pytest.mark.parametrize(
    "name",
    [
        "OLLAMA_HOST",
        "OLLAMA_MODELS",
        "OLLAMA_ORIGINS",
        "OLLAMA_DEBUG",
        "OLLAMA_AUTH",
        "OLLAMA_VULKAN",
        "OLLAMA_TMPDIR",
        "OLLAMA_NOPRUNE",
        "OLLAMA_API_URL",
        "OLLAMA_BASE_URL",
        "PORTKEY_API_KEY",
        "PORTKEY_BASE_URL",
        "PORTKEY_VIRTUAL_KEY",
        "PORTKEY_CONFIG",
        "PORTKEY_PROVIDER",
        "PROMETHEUS_MULTIPROC_DIR",
        "prometheus_multiproc_dir",
        "PROMETHEUS_DISABLE_CREATED_SERIES",
        "ALERTMANAGER_URL",
        "ALERTMANAGER_URI",
        "PATH",
        "ENGINE_THREADS",
    ],
)
def test_a_name_of_others_in_the_environment_is_none_of_our_business(name: str) -> None:
    assert merge({name: "x"}, {}) == ({name: "x"}, [])


def test_every_name_without_a_prefix_is_guarded_unless_it_looks_like_others() -> None:
    # OLLAMA_PORT is as near to Ollama's own OLLAMA_HOST as a misspelt one would be
    of_containers = {name.upper() for name in Containers.model_fields} - {"RUNTIME"}
    words = ("STACK", "PROMETHEUS", "SLO", *(prefix.rstrip("_") for prefix in HANDED_ON))
    prefixed = tuple(f"{word}_" for word in words)
    ours = {name for name in KNOWN if not name.startswith(prefixed)}
    assert ours - of_containers == set(WITHOUT_PREFIX)


@pytest.mark.parametrize(
    "name", ["PROXY_LOG_LEVEL", "ENGINE_THREADS", "TRAFFIC_SEED", "COMPOSE_FILE"]
)
def test_settings_of_the_services_and_of_compose_may_stand_in_the_file(name: str) -> None:
    assert merge({}, {name: "x"}) == ({name: "x"}, [])


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("PROXY_OLLAMA_URL", "OLLAMA_URL"),
        ("PROXY_ENABLE_PORTKEY", "PORTKEY=on"),
        ("GPU_EXPORTER_OLLAMA_URL", "OLLAMA_URL"),
    ],
)
def test_a_variable_that_the_stack_computes_is_refused_with_the_operators_name(
    name: str, instead: str
) -> None:
    merged, (mistake,) = merge({name: "x"}, {})
    assert mistake.endswith(f"set {instead} instead")
    assert merged == {}


@pytest.mark.parametrize("name", ["My Stack", "_stack", "stack!"])
def test_a_project_s_name_that_compose_does_not_take_is_refused(name: str) -> None:
    merged, (mistake,) = merge({}, {"COMPOSE_PROJECT_NAME": name})
    assert mistake.startswith("COMPOSE_PROJECT_NAME: expected small letters")
    assert mistake.endswith(f"found {name!r}")
    assert merged == {}
    for good in ("", "observe-2", "2_b"):
        assert merge({"COMPOSE_PROJECT_NAME": good}, {})[1] == []


def test_variables_that_change_what_runs_are_told_from_the_rest() -> None:
    ours = {"PROXY_PORT": "1", "ENGINE_THREADS": "2", "TRAFFIC": "on", "TRAFFIC_SEED": "3"}
    assert operator_variables({**ours, "HOME": "/root", "PROXY_LOG_LEVEL": ""}) == ours


def test_every_part_gets_what_is_neither_ours_nor_make_s_and_make_repeats_ours() -> None:
    repeated = " -- ALERTMANAGER_WEBHOOK_URL=http://me:hunter2@h"
    makes = dict.fromkeys(("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES"), repeated)
    ours = {"ALERTMANAGER_WEBHOOK_URL": "http://me:hunter2@h", "PROXY_LOG_LEVEL": "debug"}
    ours["TRAFFIC_SEED"] = "3"
    others = {"HOME": "/root", "MAKELEVEL": "1"}
    assert others_variables({**makes, **ours, **others, "EMPTY": ""}) == others


def test_a_part_gets_what_the_stack_computed_and_the_operator_wins() -> None:
    given = {"PROXY_LOG_LEVEL": "debug", "TRUSTED": "them", "PROXY_EMPTY": ""}
    assert environment_of(PART, given) == {
        "PROXY_PORT": "1",
        "PROXY_LOG_LEVEL": "debug",
        "TRUSTED": "them",
    }


def test_a_part_gets_no_variables_of_another() -> None:
    assert "ENGINE_THREADS" not in environment_of(PART, {"ENGINE_THREADS": "2"})


def test_a_part_gets_nothing_that_is_said_to_the_stack_alone() -> None:
    part = Part("alertmanager", ("true",), (), "", 1, 1)
    given = {"ALERTMANAGER_WEBHOOK_URL": "http://me:hunter2@h", "ALERTMANAGER_PORT": "1"}
    assert environment_of(part, given) == {}


def test_a_part_of_two_words_gets_its_own() -> None:
    part = Part("gpu-exporter", ("true",), (), "", 1, 1)
    given = {"GPU_EXPORTER_BACKEND": "demo", "GPU_EXPORTER": "auto"}
    assert environment_of(part, given) == {"GPU_EXPORTER_BACKEND": "demo"}


def test_the_traffic_worker_gets_its_own_and_the_operator_wins() -> None:
    part = Part("traffic", ("true",), (), "", 1, 1, {"TRAFFIC_BASE_URL": "http://proxy"})
    given = {"TRAFFIC": "on", "TRAFFIC_MIX": "rag", "TRAFFIC_WORKER_PORT": "1"}
    told = {"TRAFFIC_BASE_URL": "http://proxy", "TRAFFIC_MIX": "rag"}
    assert environment_of(part, given) == told
    other = {"TRAFFIC_BASE_URL": "http://other"}
    assert environment_of(part, other) == other
