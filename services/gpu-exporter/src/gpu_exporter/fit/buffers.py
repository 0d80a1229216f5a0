"""What llama.cpp sets aside to compute in. Pure.

It lays out the graph of one batch once and takes as much as its widest place needs: the activations
of a feed-forward network, or attention's scores where flash attention is off, and beside them the
masks. The formula was found by what llama.cpp says of models of fourteen kinds, and is as exact as
docs/FIT.md says. Source: llama.cpp, src/llama-context.cpp `sched_reserve`; ggml-alloc.c.
"""

from dataclasses import dataclass

from gpu_exporter.fit.cache import Slots, window_cells
from gpu_exporter.fit.facts import ModelFacts

_FLOAT_BYTES = 4
_HALF_BYTES = 2

_FEED_FORWARDS = 3
"""Gate, up and their product."""
_WIDTHS = 5
"""What is kept beside them, each as wide as an embedding."""

_UNGATED = frozenset(
    (
        *("bert", "jina-bert-v2", "gpt2", "gptneox", "falcon", "phi2", "starcoder", "starcoder2"),
        *("mpt", "bloom", "codeshell", "nemotron"),
    )
)
"""Kinds whose feed-forward network has no gate: it computes in place."""

_BESIDE: dict[str, int] = {"cohere2": 1, "command-r": 1}
"""Widths more, of kinds that compute attention and feed-forward side by side."""


@dataclass(frozen=True, slots=True)
class Buffers:
    """Units: bytes. `compute` is the graph's; `output` what a request's next token is told by."""

    compute: int
    output: int


def buffers_of(
    facts: ModelFacts,
    slots: Slots,
    window_tokens: int | None = None,
    has_flash: bool = True,
    logit_rows: int | None = None,
) -> Buffers | None:
    """The buffers of a model; None where its widths are not told.

    `logit_rows`: of so many tokens of a batch a result is reserved for each word; None: of one a
    request.
    """
    width, widest = facts.number("embedding_length"), _widest(facts)
    if width is None or widest is None:
        return None
    rows = slots.parallel if logit_rows is None else logit_rows
    words = vocabulary(facts) or 0
    batch = slots.batch_tokens
    widest = max(widest, _of_latent_attention(facts, width))
    if not has_flash:
        inner = facts.number("feed_forward_length") or 0
        widest = max(widest, _scores(facts, slots) + inner + (_WIDTHS - 1) * width)
    beside = (facts.number("embedding_length_per_layer_input") or 0) * (
        facts.number("block_count") or 0
    )
    floats = max(batch * (widest + beside), rows * words + batch * (_WIDTHS + 1) * width)
    return Buffers(
        floats * _FLOAT_BYTES + _masks(slots, window_tokens, has_flash),
        slots.parallel * words * _FLOAT_BYTES,
    )


def vocabulary(facts: ModelFacts) -> int | None:
    """How many words a model knows; None: not told."""
    table = next((one for one in facts.tensors if one.name == "token_embd.weight"), None)
    if table is not None and len(table.shape) == 2:
        return table.shape[1]
    return facts.number("vocab_size")


def _widest(facts: ModelFacts) -> int | None:
    """The numbers of a token at the widest place of the graph, attention aside; None: not told."""
    width, inner = facts.number("embedding_length"), facts.number("feed_forward_length")
    if width is None:
        return None
    of_experts = _of_experts(facts, width)
    if inner is None or (of_experts and not facts.number("leading_dense_block_count")):
        return of_experts
    times = 1 if facts.architecture in _UNGATED else _FEED_FORWARDS
    beside = _WIDTHS + _BESIDE.get(facts.architecture, 0)
    return max(times * inner + beside * width, of_experts or 0)


def _of_experts(facts: ModelFacts, width: int) -> int | None:
    """The same with experts, of which each that is asked has a network of its own.

    Their results lie where two of their networks lay, if those were wide enough; else beside them.
    """
    used, inner = facts.number("expert_used_count"), facts.number("expert_feed_forward_length")
    if used is None or inner is None:
        return None
    if 2 * inner >= width:
        return _FEED_FORWARDS * used * inner + _WIDTHS * width
    results = (used + _WIDTHS) * width
    return results if used * inner <= width else _FEED_FORWARDS * used * inner + results


def _of_latent_attention(facts: ModelFacts, width: int) -> int:
    """Where attention has one latent key for all heads, each has a query as long as that."""
    head, heads = facts.number("attention.key_length_mla"), facts.number("attention.head_count")
    latent = facts.number("attention.kv_lora_rank")
    key = facts.number("attention.key_length")
    if head is None or heads is None or latent is None or key is None:
        return 0
    return heads * (head + latent + key) + _WIDTHS * width


def _scores(facts: ModelFacts, slots: Slots) -> int:
    """Each head's scores of the whole context for a token."""
    return (facts.number("attention.head_count") or 0) * slots.cells


def _masks(slots: Slots, window_tokens: int | None, has_flash: bool) -> int:
    """Which token sees which: of the whole context, and of the window."""
    cells = slots.cells
    if window_tokens is not None:
        cells += window_cells(window_tokens, slots)
    return cells * slots.batch_tokens * (_HALF_BYTES if has_flash else _FLOAT_BYTES)
