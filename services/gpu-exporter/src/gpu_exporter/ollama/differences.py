"""Where what is set and what is in force can be compared, and whether they differ. Pure.

What is not set, set to 0 (which leaves it to Ollama), not understood, or not known to be in force
is not compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gpu_exporter.ollama.command_lines import AUTO, OFF, ON, Item
from gpu_exporter.ollama.effective import Effective
from gpu_exporter.ollama.environment import Setting, Settings

_SLOTS = (
    "Ollama gives models of some architectures one slot whatever is set; older versions also lower "
    "it where memory is short"
)
_CONTEXT = "a request's num_ctx, or one in the model's own parameters, comes before the setting"
_FLASH = "the card or the model does not support it"
_CACHE_NEEDS_FLASH = "a cache of this type needs flash attention, which is off"
_CACHE = "the model or its runner does not support this type"
_THREADS = "a request's num_thread comes before the setting"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A setting that could be compared. `why` is what may be the reason of a difference."""

    setting: str
    set_to: str
    in_force: str
    why: str

    @property
    def differs(self) -> bool:
        """Whether something else is in force than what is set."""
        return self.set_to != self.in_force


def compare(
    settings: Settings, effective: Effective, trained_tokens: int | None
) -> tuple[Comparison, ...]:
    """All that can be compared of one model.

    `trained_tokens` is the longest context that it was made for: it gets no more. None: not known.
    """
    found: list[Comparison] = []
    for name, setting in settings.items():
        compared = _COMPARED.get(name.partition("_")[2])
        if compared is not None and setting.text is not None:
            found += compared(setting, effective, trained_tokens)
    return tuple(found)


def _parallel(setting: Setting, effective: Effective, _: int | None) -> Iterator[Comparison]:
    # one that is for embeddings has one slot by design
    if not effective.is_embedding:
        yield from _numbers(setting, effective.number(Item.PARALLEL), _SLOTS)


def _context(setting: Setting, effective: Effective, trained: int | None) -> Iterator[Comparison]:
    tokens, set_to = effective.number(Item.CONTEXT), int(setting.text or 0)
    if trained is not None and set_to > trained and tokens == trained:
        return
    yield from _numbers(setting, tokens, _CONTEXT)


def _threads(setting: Setting, effective: Effective, _: int | None) -> Iterator[Comparison]:
    yield from _numbers(setting, effective.number(Item.THREADS), _THREADS)


def _numbers(setting: Setting, in_force: int | None, why: str) -> Iterator[Comparison]:
    text = setting.text or "0"
    if in_force is not None and int(text) > 0:
        yield Comparison(setting.name, text, str(in_force), why)


def _flash(setting: Setting, effective: Effective, _: int | None) -> Iterator[Comparison]:
    in_force = effective.word(Item.FLASH_ATTENTION)
    if in_force not in (None, AUTO):
        set_to = ON if setting.text == "true" else OFF
        yield Comparison(setting.name, set_to, str(in_force), _FLASH)


def _cache(setting: Setting, effective: Effective, _: int | None) -> Iterator[Comparison]:
    in_force = effective.cache_type
    if in_force is not None:
        is_off = effective.word(Item.FLASH_ATTENTION) == OFF
        why = _CACHE_NEEDS_FLASH if is_off else _CACHE
        yield Comparison(setting.name, setting.text or "", in_force, why)


_COMPARED: dict[str, Callable[[Setting, Effective, int | None], Iterator[Comparison]]] = {
    "CONTEXT_LENGTH": _context,
    "FLASH_ATTENTION": _flash,
    "KV_CACHE_TYPE": _cache,
    "NUM_PARALLEL": _parallel,
    "THREADS": _threads,
}
"""By the name without the prefix, which Ollama and the embedded engine have each their own of."""
