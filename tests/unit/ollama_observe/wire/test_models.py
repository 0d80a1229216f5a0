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
        ("glm-4.6:cloud", "glm-4.6:cloud"),
        ("GPT-OSS:20b-Cloud", "gpt-oss:20b-cloud"),
        ("gpt-oss:20b:cloud", "gpt-oss:20b-cloud"),
        ("gpt-oss:20b:local", "gpt-oss:20b"),
        ("localhost:5000/x/gpt-oss:20b:Cloud", "localhost:5000/x/gpt-oss:20b-cloud"),
        ("localhost:5000/x/m:cloud", "localhost:5000/x/m:cloud"),
        ("mine:local", "mine:local"),
        ("my-cloud", "my-cloud:latest"),
        (":cloud", ":cloud"),
        ("", ""),
        ("  ", ""),
        ("a\nb", ""),
        ("x" * 351, ""),
        ("x1://registry.ollama.ai/library/SmolLM2:135m", "smollm2:135m"),
        ("HTTPS://registry.ollama.ai/library/llama3", "llama3:latest"),
        ("x" * 1000 + "://localhost:5000/someone/model", "localhost:5000/someone/model:latest"),
        ("\n://registry.ollama.ai/library/a://b", "a://b:latest"),
        ("x://", ""),
        ("library/", ""),
    ],
)
def test_spellings_of_one_model_become_one_name(written: str, name: str) -> None:
    assert normalise_model(written) == name
