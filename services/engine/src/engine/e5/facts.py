"""What the embedding model's file says about itself, in GGUF's words; and whether it works here."""

import mmap
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.e5 import binding, weights
from engine.encoding import shortest_float32

_MEAN_POOLING = 1  # llama.cpp's number


def of_file(path: Path) -> dict[str, Any]:
    """Facts of a weights file. Raises ValueError, OSError, when it cannot be computed with."""
    binding.check(path)
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        found = weights.read(data)
    info = {
        "bert.attention.causal": False,
        "bert.attention.head_count": found.heads,
        "bert.attention.layer_norm_epsilon": shortest_float32(found.epsilon),
        "bert.block_count": found.layers,
        "bert.context_length": found.context_tokens,
        "bert.embedding_length": found.embedding_length,
        "bert.feed_forward_length": found.feed_forward_length,
        "bert.pooling_type": _MEAN_POOLING,
        "bert.vocab_size": found.vocabulary,
        "general.architecture": "bert",
        "general.license": "mit",
        "general.parameter_count": sum(tensor.shape[0] for tensor in found.tensors),
    }
    return {
        "info": info,
        "chat_template": "",
        "quantization": next(t.type for t in found.tensors if t.name == "emb.word"),
        "tensors": [asdict(tensor) for tensor in found.tensors],
        "format": weights.FORMAT,
    }
