"""How many bytes a model's weights are, and where llama.cpp puts them. Pure.

Source: ggml, ggml.c `type_traits`; llama.cpp, llama-model.cpp: the table of input embeddings stays
in main memory; a model without a table of its own for the output has a copy of it on the card.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gpu_exporter.fit.facts import ModelFacts, Tensor

_SINGLE = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "I8": 1}
_OF_32 = {
    "Q4_0": 18,
    "IQ4_NL": 18,
    "Q4_1": 20,
    "Q5_0": 22,
    "Q5_1": 24,
    "Q8_0": 34,
    "Q8_1": 36,
    "MXFP4": 17,
}
_OF_256 = {
    "Q2_K": 84,
    "Q3_K": 110,
    "Q4_K": 144,
    "Q5_K": 176,
    "Q6_K": 210,
    "Q8_K": 292,
    "TQ1_0": 54,
    "TQ2_0": 66,
    "IQ1_S": 50,
    "IQ1_M": 56,
    "IQ2_XXS": 66,
    "IQ2_XS": 74,
    "IQ2_S": 82,
    "IQ3_XXS": 98,
    "IQ3_S": 110,
    "IQ4_XS": 136,
}
BLOCKS: Mapping[str, tuple[int, int]] = {
    name: (size, values)
    for values, sizes in ((1, _SINGLE), (32, _OF_32), (256, _OF_256))
    for name, size in sizes.items()
}
"""Bytes of a block, and how many values it holds, by ggml's name of the type."""

_LAYER = re.compile(r"blk\.([0-9]{1,4})\.")
_INPUTS = ("token_embd.weight", "per_layer_token_embd.weight")
_OUTPUT = "output.weight"


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's weights. Units: bytes.

    `total` is all of them; `input_only` the part that never goes to a card; `layers` the blocks'
    share, which can be divided between card and main memory.
    """

    total: int
    input_only: int
    layers: int

    @property
    def on_card(self) -> int:
        """What a card holds where all of the model is on it."""
        return self.total - self.input_only


def weights_of(facts: ModelFacts, size_bytes: int) -> Weights:
    """The weights of a model whose files have so many bytes, by Ollama's list of models."""
    sizes = {tensor.name: bytes_of(tensor) for tensor in facts.tensors}
    known = {name: size for name, size in sizes.items() if size is not None}
    if not known or len(known) < len(sizes):
        return Weights(size_bytes, 0, size_bytes)
    total = sum(known.values())
    inputs = sum(known.get(name, 0) for name in _INPUTS[1:])
    if _OUTPUT in known:
        inputs += known.get(_INPUTS[0], 0)
    layers = sum(size for name, size in known.items() if _LAYER.match(name))
    # a projector for images is a file of its own, whose tensors are not listed
    whole = max(total, size_bytes) if facts.has_projector else total
    return Weights(whole, inputs, layers)


def bytes_of(tensor: Tensor) -> int | None:
    """The bytes of a tensor; None for a type that is not known."""
    block = BLOCKS.get(tensor.type)
    if block is None:
        return None
    size, values = block
    return -(-tensor.values // values) * size


def by_layer(tensors: Iterable[Tensor]) -> dict[int, dict[str, Tensor]]:
    """The tensors of each layer, by the rest of their names."""
    found: dict[int, dict[str, Tensor]] = {}
    for tensor in tensors:
        if match := _LAYER.match(tensor.name):
            rest = tensor.name[match.end() :]
            found.setdefault(int(match[1]), {})[rest] = tensor
    return found
