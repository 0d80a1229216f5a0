from pathlib import Path

from stack.parts import Part
from stack.plan import Plan
from stack.request import read_request
from stack.supervision import CONFIGURATION
from stack.transition import write

PART = Part("proxy", ("true",), (), "", 1, 1, {"PROXY_PORT": "1", "TRUSTED": "us"})


def test_plan_and_configuration_are_written_together_and_hold_no_variables(tmp_path: Path) -> None:
    request = read_request({"PROXY_KEY": "hunter2"}, tmp_path)
    request.places.run.mkdir(parents=True)
    write(request, Plan((PART,)))
    conf = (request.places.run / CONFIGURATION).read_text()
    assert "[program:proxy]" in conf
    assert "hunter2" not in conf
    assert Plan.load(request.places.run) == Plan((PART,))
