from pathlib import Path

from stack.parts import Part
from stack.plan import Plan
from stack.request import read_request
from stack.supervision import CONFIGURATION
from stack.transition import environment_of, write

PART = Part("proxy", ("true",), (), "", 1, 1, {"PROXY_PORT": "1", "TRUSTED": "us"})


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


def test_plan_and_configuration_are_written_together_and_hold_no_variables(tmp_path: Path) -> None:
    request = read_request({"PROXY_KEY": "hunter2"}, tmp_path)
    request.places.run.mkdir(parents=True)
    write(request, Plan((PART,)))
    conf = (request.places.run / CONFIGURATION).read_text()
    assert "[program:proxy]" in conf
    assert "hunter2" not in conf
    assert Plan.load(request.places.run) == Plan((PART,))
