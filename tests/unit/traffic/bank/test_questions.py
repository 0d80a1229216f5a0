"""A record is read strictly."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.bank.test_loading import record, write_bank
from traffic.bank.loading import BankError, load_bank

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"turns": []}, "turns"),
    ({"colour": "red"}, "colour"),
    ({"difficulty": "2"}, "difficulty"),
    ({"id": "fac-0001"}, "begin with cod-"),
    ({"expect": {"len_class": "S", "max_tokens": 4000}}, "above 200"),
    ({"context_ref": "story", "context_tokens": 1000}, "belong together"),
    ({"turns": [{"role": "user", "content": "Sum up {context}"}]}, "belong together"),
    ({"repeat": {"text": "no ", "times": 3}}, "belong together"),
    (
        {
            "turns": [{"role": "user", "content": "{context}"}],
            "context_ref": "story",
            "context_tokens": 9,
            "repeat": {"text": "no ", "times": 3},
        },
        "one of context_ref and repeat",
    ),
    ({"repeat": {"text": "no ", "times": 10_001}}, "repeat.times"),
    ({"context_tokens": 1000}, "belong together"),
    ({"check": {"kind": "json_schema"}, "sample": "{}"}, "needs a format"),
    ({"check": {"kind": "numeric", "value": 4}}, "check and sample belong together"),
    ({"sample": "Four."}, "check and sample belong together"),
    ({"check": {"kind": "regex", "pattern": "(four"}, "sample": "four"}, "no regular expression"),
    (
        {"check": {"kind": "regex", "pattern": "(?<n>a)\\g<m>"}, "sample": "a"},
        "no regular expression",
    ),
    ({"format": {"type": "objekt"}}, "format: .*no JSON schema at type: 'objekt'"),
    ({"format": {"properties": {"n": {"pattern": "("}}}}, "no JSON schema at properties/n/pattern"),
    ({"tools": [{"type": "function"}]}, "tools.0: .*expected the function of a tool"),
    ({"tools": [{"function": {"parameters": {"type": 1}}}]}, "tools.0: .*no JSON schema at type"),
    ({"check": {"kind": "guess"}, "sample": "four"}, "check: .*'guess'"),
    ({"category": "longform", "id": "lng-0001"}, "does not belong in this file"),
]


@pytest.mark.parametrize(("changes", "said"), BROKEN)
def test_a_broken_record_is_refused_with_its_file_and_line(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    write_bank(tmp_path, code=[record(number=9), record() | changes])
    with pytest.raises(BankError, match=rf"code\.jsonl:2: .*{said}"):
        load_bank(tmp_path)
