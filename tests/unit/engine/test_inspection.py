import hashlib
import json
from pathlib import Path

import pytest

from engine import inspection
from tests import e5_files


@pytest.mark.parametrize(
    ("file_type", "word"),
    [(3, "Q4_1"), (1, "F16"), (0, "F32"), (15, "Q4_K_M"), (None, "unknown"), (9999, "unknown")],
)
def test_a_file_type_has_ollamas_word(file_type: int | None, word: str) -> None:
    assert inspection.quantization(file_type) == word


def test_the_bundled_models_file_is_known_by_what_it_begins_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = e5_files.real_weights()
    assert inspection.main([str(path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "e5s1"
    assert found["digest"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_weights_that_cannot_be_computed_with_are_no_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(e5_files.small_weights({}))
    assert inspection.main([str(path)]) == 1
    assert f"{path} is no readable model file" in capsys.readouterr().err
