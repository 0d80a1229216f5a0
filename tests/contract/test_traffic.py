"""What the traffic worker tells of itself and what the stack reads of it agree."""

import re
from pathlib import Path

import msgspec

from stack.traffic import standing as read
from traffic.worker import standing as told
from traffic.worker.overrides import SETTABLE


def test_the_stack_reads_what_a_worker_tells() -> None:
    assert set(read.Standing.model_fields) == set(told.Standing.__struct_fields__)
    assert set(read._Run.model_fields) <= set(told.RunStanding.__struct_fields__)


def test_fields_that_both_name_hold_the_same() -> None:
    example = told.RunStanding(
        "0", ("m",), {"preset": "quick"}, 1.5, "", 1, 2, 3, 4, 5, 6, 7, {"p50": None}, {}, ("no",)
    )
    found = read.read(msgspec.json.encode(told.Standing("running", "", example)))
    assert found is not None
    assert found.run is not None
    for name in read._Run.model_fields:
        assert getattr(found.run, name) == getattr(example, name), name


def test_settings_that_the_stack_shows_are_told() -> None:
    source = Path(read.__file__).read_text(encoding="utf-8")
    shown = set(re.findall(r'told\.get\("([a-z_]+)"\)', source))
    assert {"preset", "arrival"} <= shown <= set(SETTABLE)
