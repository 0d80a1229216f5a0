"""A check is read with a sample of what it accepts."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.bank.test_loading import record, write_bank
from traffic.bank.loading import load_bank
from traffic.bank.questions import Category


@pytest.mark.parametrize(
    ("check", "sample"),
    [
        ({"kind": "regex", "pattern": "(?i)four|4"}, "Four."),
        ({"kind": "regex", "pattern": r"\p{Lu}\w++"}, "Four."),
        ({"kind": "python_compiles"}, "```python\nprint(4)\n```"),
    ],
)
def test_a_check_is_read_with_its_sample(
    tmp_path: Path, check: dict[str, Any], sample: str
) -> None:
    write_bank(tmp_path, code=[record(check=check, sample=sample)])
    question = load_bank(tmp_path).of(Category.CODE)[0]
    assert question.check is not None
    assert question.check.model_dump() == check
    assert question.sample == sample
