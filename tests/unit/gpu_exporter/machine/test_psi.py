"""Totals of stalls are seconds; what is no total is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.machine.psi import parse


def written(kind: str, microseconds: int) -> str:
    return f"{kind} avg10=0.95 avg60=0.75 avg300=0.34 total={microseconds}\n"


def test_totals_are_seconds() -> None:
    text = written("some", 715199424) + written("full", 50641852)
    assert parse(text) == {"some": 715.199424, "full": 50.641852}


@given(st.dictionaries(st.sampled_from(["some", "full"]), st.integers(0, 2**64 - 1)))
def test_every_kind_is_found(totals: dict[str, int]) -> None:
    text = "".join(written(kind, total) for kind, total in totals.items())
    assert parse(text) == {kind: total / 1e6 for kind, total in totals.items()}


@pytest.mark.parametrize(
    "text", ["", "some\n", "some total=\n", "some avg10=0 total=-1\n", "most avg10=0 total=1\n"]
)
def test_what_is_no_total_is_left_out(text: str) -> None:
    assert parse(text) == {}


@given(st.binary())
def test_any_bytes_are_read_without_failing(data: bytes) -> None:
    parse(data.decode("utf-8", "replace"))


@given(st.lists(st.sampled_from(["some ", "full ", " total=", "avg10=0.1", "1", "9" * 400, "\n"])))
def test_what_looks_like_the_file_is_read_without_failing(pieces: list[str]) -> None:
    parse("".join(pieces))
