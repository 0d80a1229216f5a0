from pathlib import Path

import pytest

from engine.e5 import facts
from tests import e5_files


def test_the_facts_are_the_files_in_the_words_of_gguf() -> None:
    found = facts.of_file(e5_files.real_weights())
    assert (found["format"], found["quantization"], found["chat_template"]) == ("e5s1", "Q4_0", "")
    info = found["info"]
    assert info["general.architecture"] == "bert"
    assert (info["bert.embedding_length"], info["bert.context_length"]) == (384, 512)
    assert info["bert.pooling_type"] == 1
    assert info["general.parameter_count"] == 117_505_920
    assert len(found["tensors"]) == 197
    assert list(info) == sorted(info)


def test_weights_that_cannot_be_computed_with_have_none(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(e5_files.small_weights({}))
    with pytest.raises(ValueError, match="cannot be loaded"):
        facts.of_file(path)
