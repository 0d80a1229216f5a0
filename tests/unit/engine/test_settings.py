from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.settings import EngineSettings


def test_one_core_stays_free_unless_told_otherwise() -> None:
    assert EngineSettings(threads=3).thread_count == 3
    assert EngineSettings(threads=0).thread_count >= 1


@pytest.mark.parametrize(("text", "seconds"), [("5m", 300.0), ("-1", None), ("0", 0.0)])
def test_the_keep_alive_is_a_duration(text: str, seconds: float | None) -> None:
    assert EngineSettings(keep_alive=text).keep_alive_seconds == seconds


def test_a_keep_alive_that_is_no_duration_is_refused() -> None:
    with pytest.raises(ValidationError, match="invalid duration"):
        EngineSettings(keep_alive="a while")


def test_the_library_folder_is_optional() -> None:
    assert EngineSettings().library_dir is None
    assert EngineSettings(library_dir=Path("x")).library_dir == Path("x")
