"""One model, one name."""

import pytest

from ollama_observe.wire.models import normalise_model


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("llama3", "llama3:latest"),
        ("Llama3:8B", "llama3:8b"),
        ("registry.ollama.ai/library/llama3", "llama3:latest"),
        ("library/llama3:8b", "llama3:8b"),
        ("someone/model", "someone/model:latest"),
        ("localhost:5000/someone/model", "localhost:5000/someone/model:latest"),
        ("hf.co/Some/Model-GGUF:Q4_K_M", "hf.co/some/model-gguf:q4_k_m"),
        ("", ""),
        ("  ", ""),
        ("a\nb", ""),
        ("x" * 351, ""),
        ("library/", ""),
    ],
)
def test_spellings_of_one_model_become_one_name(written: str, name: str) -> None:
    assert normalise_model(written) == name
