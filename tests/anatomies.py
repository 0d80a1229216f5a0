"""What real models are made of: metadata and tensors, as their makers' files have them.

Source: the configurations that the makers publish, and llama.cpp's names for them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gpu_exporter.fit.facts import ModelFacts, read_facts

Shape = tuple[int, ...]
Part = tuple[str, str, Shape]
"""Name, ggml's type, shape with the innermost dimension first."""


@dataclass(frozen=True)
class Anatomy:
    """A model. `numbers` and `lists` are without the architecture before them."""

    architecture: str
    numbers: Mapping[str, float]
    parts: Sequence[Part]
    lists: Mapping[str, Sequence[int]] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ("completion",)
    size_bytes: int = 0
    """Of the files on disk, by Ollama's list."""

    def shown(self, **more: Any) -> dict[str, Any]:
        """What /api/show tells of it: null in place of every list."""
        own = {**self.numbers, **dict.fromkeys(self.lists)}
        info = {f"{self.architecture}.{name}": value for name, value in own.items()}
        return {
            "details": {"format": "gguf", "family": self.architecture},
            "model_info": {"general.architecture": self.architecture, **info},
            "tensors": [
                {"name": name, "type": kind, "shape": list(shape)}
                for name, kind, shape in self.parts
            ],
            "capabilities": list(self.capabilities),
        } | more

    def facts(self, **more: Any) -> ModelFacts:
        """The same, read."""
        found = read_facts(json.dumps(self.shown(**more)).encode())
        assert found is not None
        return found

    def without(self, ending: str) -> "Anatomy":
        """The same without the tensors whose names end so."""
        return replace(self, parts=[part for part in self.parts if not part[0].endswith(ending)])

    def without_tensors(self) -> "Anatomy":
        """As an Ollama tells it that does not list tensors."""
        return replace(self, parts=())


@dataclass(frozen=True)
class Shapes:
    """Sizes of a transformer. `swa` is its window; `experts`: how many, used, and their width."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    inner: int
    words: int
    context: int
    swa: int = 0
    experts: tuple[int, int, int] | None = None
    is_tied: bool = True
    has_bias: bool = False
    has_norms: bool = False
    has_posts: bool = False
    type: str = "Q4_1"


def dense(architecture: str, shapes: Shapes, size_bytes: int = 0, **more: float) -> Anatomy:
    """A transformer whose layers are alike."""
    numbers: dict[str, float] = {
        "block_count": shapes.layers,
        "context_length": shapes.context,
        "embedding_length": shapes.width,
        "feed_forward_length": shapes.inner,
        "attention.head_count": shapes.heads,
        "attention.head_count_kv": shapes.kv_heads,
        "attention.key_length": shapes.head,
        "attention.value_length": shapes.head,
        "attention.layer_norm_rms_epsilon": 1e-6,
        "rope.freq_base": 10000.5,
        "rope.dimension_count": shapes.head,
        "vocab_size": shapes.words,
    }
    if shapes.swa:
        numbers["attention.sliding_window"] = shapes.swa
    if shapes.experts:
        count, used, inner = shapes.experts
        numbers |= {"expert_count": count, "expert_used_count": used}
        numbers |= {"expert_feed_forward_length": inner}
    parts = [*ends(shapes), *(part for n in range(shapes.layers) for part in layer(shapes, n))]
    return Anatomy(architecture, numbers | more, parts, size_bytes=size_bytes)


def ends(shapes: Shapes) -> Iterator[Part]:
    """What comes before the layers and after them."""
    yield "token_embd.weight", shapes.type, (shapes.width, shapes.words)
    yield "output_norm.weight", "F32", (shapes.width,)
    if not shapes.is_tied:
        yield "output.weight", shapes.type, (shapes.width, shapes.words)


def layer(shapes: Shapes, number: int) -> Iterator[Part]:
    """One layer."""
    block, width = f"blk.{number}.", shapes.width
    yield f"{block}attn_norm.weight", "F32", (width,)
    for name, kind, shape in (*attention(shapes), *feed_forward(shapes)):
        yield f"{block}{name}", kind, shape
    if shapes.has_posts:
        yield f"{block}post_attention_norm.weight", "F32", (width,)
        yield f"{block}post_ffw_norm.weight", "F32", (width,)


def attention(shapes: Shapes) -> Iterator[Part]:
    """Attention with heads that share keys and values."""
    queries, keys = shapes.heads * shapes.head, shapes.kv_heads * shapes.head
    yield "attn_q.weight", shapes.type, (shapes.width, queries)
    yield "attn_k.weight", shapes.type, (shapes.width, keys)
    yield "attn_v.weight", shapes.type, (shapes.width, keys)
    yield "attn_output.weight", shapes.type, (queries, shapes.width)
    if shapes.has_bias:
        for name, size in (("q", queries), ("k", keys), ("v", keys)):
            yield f"attn_{name}.bias", "F32", (size,)
    if shapes.has_norms:
        yield "attn_q_norm.weight", "F32", (shapes.head,)
        yield "attn_k_norm.weight", "F32", (shapes.head,)


def feed_forward(shapes: Shapes) -> Iterator[Part]:
    """Gate, up and down; of each expert where there are some."""
    width, inner = shapes.width, shapes.inner
    yield "ffn_norm.weight", "F32", (width,)
    if shapes.experts is None:
        yield "ffn_gate.weight", shapes.type, (width, inner)
        yield "ffn_up.weight", shapes.type, (width, inner)
        yield "ffn_down.weight", shapes.type, (inner, width)
        return
    count, _, inner = shapes.experts
    yield "ffn_gate_inp.weight", "F32", (width, count)
    yield "ffn_gate_exps.weight", shapes.type, (width, inner, count)
    yield "ffn_up_exps.weight", shapes.type, (width, inner, count)
    yield "ffn_down_exps.weight", shapes.type, (inner, width, count)


SMOLLM2_135M = dense("llama", Shapes(30, 576, 9, 3, 64, 1536, 49152, 8192), size_bytes=98_362_745)
LLAMA32_3B = dense(
    "llama", Shapes(28, 3072, 24, 8, 128, 8192, 128256, 131072), size_bytes=2_019_393_189
)
LLAMA31_8B = dense(
    "llama",
    Shapes(32, 4096, 32, 8, 128, 14336, 128256, 131072, is_tied=False),
    size_bytes=4_920_753_328,
)
QWEN25_7B = dense(
    "qwen2",
    Shapes(28, 3584, 28, 4, 128, 18944, 152064, 32768, is_tied=False, has_bias=True),
    size_bytes=4_683_087_332,
)
QWEN3_8B = dense(
    "qwen3",
    Shapes(36, 4096, 32, 8, 128, 12288, 151936, 40960, is_tied=False, has_norms=True),
    size_bytes=5_225_388_164,
)
QWEN3_30B = dense(
    "qwen3moe",
    Shapes(
        *(48, 2048, 32, 4, 128, 6144, 151936, 262144),
        experts=(128, 8, 768),
        is_tied=False,
        has_norms=True,
    ),
    size_bytes=18_556_701_140,
)
GEMMA3_4B = dense(
    "gemma3",
    Shapes(
        *(34, 2560, 8, 4, 256, 10240, 262144, 131072),
        swa=1024,
        has_norms=True,
        has_posts=True,
    ),
    size_bytes=3_338_801_804,
)
GEMMA2_9B = dense(
    "gemma2",
    Shapes(42, 3584, 16, 8, 256, 14336, 256000, 8192, swa=4096, has_posts=True),
    size_bytes=5_443_152_417,
)
GPT_OSS_20B = dense(
    "gpt-oss",
    Shapes(
        *(24, 2880, 64, 8, 64, 2880, 201088, 131072),
        swa=128,
        experts=(32, 4, 2880),
        is_tied=False,
        has_bias=True,
    ),
    size_bytes=13_793_441_244,
)
