"""What each layer of a model keeps for every token, or for every conversation. Pure.

Most layers keep a key and a value of every token of the context. Some keep those of a window
alone, some have none of their own but share another layer's, and recurrent ones keep one state
whatever the context. Metadata say most of it; what only llama.cpp's code says stands here.
Source: llama.cpp, src/models/*.cpp `load_arch_hparams`, src/llama-hparams.cpp.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gpu_exporter.fit.facts import ModelFacts, Tensor
from gpu_exporter.fit.weights import by_layer

_LAST_SEES_ALL = {
    "gemma2": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gpt-oss": 2,
    "gptoss": 2,
    "cohere2": 4,
    "llama4": 4,
    "olmo2": 4,
    "exaone4": 4,
    "exaone-moe": 4,
    "afmoe": 4,
    "plamo3": 8,
    "phi3": 1,
}
"""Of so many layers the last sees the whole context, the others a window; 1: all see all of it."""

_FIRST_SEES_ALL = {"smallthinker": 4}
"""The same, but the first."""

_CHUNK_TOKENS = {"llama4": 8192}
"""Windows that no metadata tell."""

_LINEAR = {"qwen35": 4, "qwen35moe": 4, "qwen3next": 4}
"""Of so many layers the last has attention, unless metadata say another number; the others are
recurrent."""

_PLAIN = frozenset(
    (
        *("llama", "mistral3", "qwen", "qwen2", "qwen2moe", "qwen2vl", "qwen25vl", "qwen3"),
        *("qwen3moe", "qwen3vl", "qwen3vlmoe", "gemma", "phi2", "phi3", "granite", "granitemoe"),
        *("command-r", "olmo", "olmoe", "starcoder", "starcoder2", "stablelm", "glm4", "glm4moe"),
        *("chatglm", "internlm2", "deepseek", "deepseek2", "exaone", "nemotron", "baichuan"),
        *("falcon", "gpt2", "gptneox", "mpt", "bloom", "codeshell", "orion", "minicpm", "dbrx"),
        *("arctic", "grok", "smollm3", "ernie4_5", "ernie4_5-moe", "hunyuan-moe", "bailingmoe"),
        *("seed_oss", "dots1", "apertus", "mixtral", "solar"),
    )
)
"""Every layer keeps the whole context."""

_MIXED = frozenset(("lfm2", "lfm2moe", "granitehybrid", "nemotron_h", "nemotron_h_moe", "gemma4"))
"""The shapes of the tensors say which layer keeps what."""

_RECURRENT = frozenset(("mamba", "mamba2"))
"""No layer keeps anything of single tokens."""

_NONE = frozenset(("bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "modern-bert"))
"""Encoders: they read a text at once, and keep nothing."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer keeps: numbers of a key and of a value for each token, and of a state.

    `window_tokens`: of the latest tokens alone; None: of the whole context. `may_have_window`: that
    it has the model's window cannot be told, and neither that it has not.
    """

    key_values: int = 0
    value_values: int = 0
    state_values: int = 0
    window_tokens: int | None = None
    may_have_window: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The layers of a model; None: it cannot be told what they keep.

    `window_tokens` is the model's window, where it has one. `notes` are sentences: what was
    assumed.
    """

    layers: tuple[Layer, ...] | None
    window_tokens: int | None = None
    notes: tuple[str, ...] = ()


def layout_of(facts: ModelFacts) -> Layout:
    """What the layers of a model keep, as far as its facts say."""
    name, count = facts.architecture, facts.number("block_count")
    if not count or count > 10_000:
        return Layout(None, notes=(f"it is not told how many layers a model of kind {name} has",))
    if name in _NONE:
        return Layout((Layer(),) * count)
    plain = _layers(facts, count)
    if plain is None:
        return Layout(None, notes=("it is not told what a layer keeps of a token: no heads",))
    known = (
        name in _PLAIN | _MIXED | _RECURRENT or name in _LAST_SEES_ALL | _FIRST_SEES_ALL | _LINEAR
    )
    layers, notes = _windowed(facts, _shared(facts, plain)), list[str]()
    if not known:
        notes.append(
            f"models of kind {name} are not known here: reckoned as if every layer keeps the whole "
            "context"
        )
    if any(layer.may_have_window for layer in layers):
        notes.append(
            f"which layers keep a window of {_window(facts)} tokens alone is not known for kind "
            f"{name}: reckoned with none of them, and at least with all"
        )
    return Layout(tuple(layers), _window(facts), tuple(notes))


def _layers(facts: ModelFacts, count: int) -> list[Layer] | None:
    """Layers that keep the whole context, or a state; None where that is not told."""
    told = by_layer(facts.tensors)
    every = _attention_every(facts)
    state = _state(facts)
    found = []
    for index in range(count):
        tensors = told.get(index, {})
        is_recurrent = not every or (index + 1) % every != 0
        layer = Layer() if is_recurrent else _attention(facts, tensors, bool(told))
        if layer is None:
            return None
        if is_recurrent or _is_recurrent(tensors):
            layer = replace(layer, state_values=state)
        found.append(layer)
    return found


def _attention_every(facts: ModelFacts) -> int:
    """Of so many layers the last has attention; 0: none has."""
    if facts.architecture in _RECURRENT:
        return 0
    usual = _LINEAR.get(facts.architecture)
    return (facts.number("full_attention_interval") or usual) if usual else 1


def _attention(facts: ModelFacts, tensors: Mapping[str, Tensor], are_told: bool) -> Layer | None:
    """What attention keeps, by the shapes of its tensors, else by numbers; None: not told."""
    if latent := tensors.get("attn_kv_a_mqa.weight"):
        return _latent(facts, latent)
    keys, values = tensors.get("attn_k.weight"), tensors.get("attn_v.weight")
    if keys is not None:
        return Layer(keys.shape[-1], (values or keys).shape[-1])
    if are_told and "attn_qkv.weight" not in tensors and "attn_q.weight" not in tensors:
        return Layer()
    heads, key, value = _heads(facts), _length(facts, "key"), _length(facts, "value")
    if heads is None or key is None or value is None:
        return None
    return Layer(heads * key, heads * value)


def _latent(facts: ModelFacts, latent: Tensor) -> Layer:
    """Multi-head latent attention: one key for all heads, of which the value is a part.

    Files from before llama.cpp could do so keep keys and values of every head.
    """
    heads = facts.number("attention.head_count")
    key, value = _length(facts, "key"), _length(facts, "value")
    is_absorbed = facts.number("attention.key_length_mla") is not None
    if is_absorbed or heads is None or key is None or value is None:
        return Layer(latent.shape[-1], 0)
    return Layer(heads * key, heads * value)


def _heads(facts: ModelFacts) -> int | None:
    """Key-value heads of a layer; as many as heads where they are not told, None for a list."""
    name = "attention.head_count_kv"
    if name in facts.lists:
        return None
    return facts.number(name, "attention.head_count")


def _length(facts: ModelFacts, what: str) -> int | None:
    """The length of a head's key or value."""
    told = facts.number(f"attention.{what}_length")
    heads, width = facts.number("attention.head_count"), facts.number("embedding_length")
    return told or (width // heads if heads and width else None)


def _is_recurrent(tensors: Mapping[str, Tensor]) -> bool:
    return any(name.startswith(("ssm_", "shortconv.")) for name in tensors)


def _state(facts: ModelFacts) -> int:
    """The numbers that a recurrent layer keeps. Source: llama_hparams `n_embd_r`, `n_embd_s`."""
    taps, width = facts.number("shortconv.l_cache"), facts.number("embedding_length")
    if taps and width:
        return width * (taps - 1)
    inner, size = facts.number("ssm.inner_size") or 0, facts.number("ssm.state_size") or 0
    groups, kernel = facts.number("ssm.group_count") or 0, facts.number("ssm.conv_kernel") or 1
    return (kernel - 1) * (inner + 2 * groups * size) + size * inner


def _shared(facts: ModelFacts, layers: list[Layer]) -> list[Layer]:
    """The last so many layers use the keys and values of others."""
    shared = facts.number("attention.shared_kv_layers") or 0
    own = max(0, len(layers) - shared)
    return [*layers[:own], *(Layer() for _ in layers[own:])]


def _window(facts: ModelFacts) -> int | None:
    return facts.number("attention.sliding_window") or _CHUNK_TOKENS.get(facts.architecture)


def _windowed(facts: ModelFacts, layers: list[Layer]) -> list[Layer]:
    """The layers, those with a window marked."""
    window = _window(facts)
    if window is None:
        return layers
    return [
        layer
        if sees is False
        else replace(layer, may_have_window=True)
        if sees is None
        else replace(layer, window_tokens=window)
        for layer, sees in zip(layers, _sees_window(facts, layers), strict=True)
    ]


def _sees_window(facts: ModelFacts, layers: list[Layer]) -> Iterator[bool | None]:
    """Whether each layer sees a window alone; None: cannot be told."""
    is_first = facts.architecture in _FIRST_SEES_ALL
    usual = (_FIRST_SEES_ALL if is_first else _LAST_SEES_ALL).get(facts.architecture)
    period = facts.number("attention.sliding_window_pattern") or usual
    of_window = facts.number("attention.key_length_swa")
    told = by_layer(facts.tensors) if of_window else {}
    for index, layer in enumerate(layers):
        norm = told.get(index, {}).get("attn_q_norm.weight")
        if period is not None:
            yield (index % period != 0) if is_first else (index % period != period - 1)
        elif norm is not None and of_window != facts.number("attention.key_length"):
            yield norm.shape[-1] == of_window
        elif facts.architecture in _PLAIN:
            yield False
        else:
            yield None if layer.key_values else False
