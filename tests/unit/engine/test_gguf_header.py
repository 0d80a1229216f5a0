from pathlib import Path

import gguf
import numpy as np
import pytest

from engine import gguf_header

WORDS = ["a", "bc", "日本"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small model file, written by the authors of the format."""
    path = tmp_path / "small.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_float32("llama.rope.freq_base", 10000.0)
    writer.add_bool("tokenizer.ggml.add_bos_token", False)
    writer.add_token_list(WORDS)
    writer.add_token_types([1, 2, 3])
    writer.add_chat_template("{{ messages }}")
    writer.add_tensor("token_embd.weight", np.zeros((3, 8), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_numbers_texts_and_shapes_are_read_and_arrays_skipped(file: Path) -> None:
    header = gguf_header.read(file)
    assert header.metadata["general.architecture"] == "llama"
    assert header.metadata["llama.context_length"] == 64
    assert header.metadata["llama.rope.freq_base"] == 10000.0
    assert header.metadata["tokenizer.ggml.add_bos_token"] is False
    assert header.metadata["tokenizer.ggml.tokens"] is None
    assert header.metadata["tokenizer.chat_template"] == "{{ messages }}"
    assert header.tensors == [gguf_header.Tensor("token_embd.weight", "F32", [8, 3])]


def test_arrays_are_read_when_asked_for(file: Path) -> None:
    metadata = gguf_header.read(file, arrays=True).metadata
    assert metadata["tokenizer.ggml.tokens"] == WORDS
    assert metadata["tokenizer.ggml.token_type"] == [1, 2, 3]


def test_a_file_that_ends_anywhere_in_its_head_is_refused(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    head_bytes = whole.index(b"token_embd.weight") + 20
    for length in range(1, head_bytes, 7):
        part = tmp_path / "part.gguf"
        part.write_bytes(whole[:length])
        with pytest.raises(gguf_header.NotGgufError):
            gguf_header.read(part)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"PK\x03\x04" + bytes(20), "it begins with"), (b"GGUF\x09\0\0\0" + bytes(20), "version 9")],
)
def test_another_kind_of_file_is_named(content: bytes, found: str, tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with pytest.raises(gguf_header.NotGgufError, match=found):
        gguf_header.read(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.gguf"
    path.touch()
    with pytest.raises(ValueError, match="empty"):
        gguf_header.read(path)
