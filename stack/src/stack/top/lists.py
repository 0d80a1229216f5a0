"""The three lists of a screen: models that are loaded, requests in flight, requests that ended.

Pure. Whatever a server said is shown with its control characters written out.
"""

from collections.abc import Sequence
from typing import TypeVar

from rich.text import Text

from stack.alerts import printable
from stack.top import words
from stack.top.columns import HEADING, Column, table
from stack.top.glyphs import Glyphs
from stack.top.machine import Model
from stack.top.table import Entry, Finished

T = TypeVar("T")

FAILED, DIM, WARNED = "red", "dim", "yellow"
_PHASES = {
    "queued": WARNED,
    "waiting": WARNED,
    "prefill": "cyan",
    "thinking": "magenta",
    "answering": "green",
}

_MODELS = (
    Column("LOADED", 16, grows=True),
    Column("ON GPU", 6, is_right=True),
    Column("VRAM", 9, rank=2, is_right=True),
    Column("RAM", 9, rank=3, is_right=True),
    Column("CONTEXT", 7, rank=4, is_right=True),
    Column("EXPIRES", 7, rank=1, is_right=True),
)
_REQUESTS = (
    Column("IN FLIGHT", 16, grows=True),
    Column("PHASE", 12),
    Column("AGE", 7, is_right=True),
    Column("TOKENS", 6, rank=2, is_right=True),
    Column("TOK/S", 5, rank=1, is_right=True),
    Column("1ST TOKEN", 8, rank=3, is_right=True),
    Column("WAIT", 7, rank=4, is_right=True),
    Column("AT", 5, rank=5),
    Column("ENDPOINT", 9, rank=6),
    Column("PRIORITY", 8, rank=7),
    Column("WAY", 7, rank=8),
    Column("ID", 12, rank=9),
)
_ENDED = (
    Column("ENDED", 16, grows=True),
    Column("OUTCOME", 12),
    Column("TOOK", 7, rank=2, is_right=True),
    Column("TOKENS", 6, rank=3, is_right=True),
    Column("AGO", 6, rank=1, is_right=True),
    Column("STATUS", 6, rank=4, is_right=True),
    Column("AT", 5, rank=5),
    Column("ENDPOINT", 9, rank=6),
    Column("WAY", 7, rank=8),
    Column("ID", 12, rank=9),
)
_OUTCOMES = {"client_gone": "client left"}


def models(found: Sequence[Model], width: int, rows: int | None, glyphs: Glyphs) -> list[Text]:
    """The models that are loaded, under a heading; `rows` is how many there is room for."""
    if not found or rows == 0:
        return [_heading("LOADED", len(found), "no model", width)]
    shown, rest = _parted(found, rows, width)
    return [*table(_MODELS, [_model(one) for one in shown], width, glyphs), *rest]


def requests(found: Sequence[Entry], width: int, rows: int | None, glyphs: Glyphs) -> list[Text]:
    """The requests in flight, in the given order, under a heading."""
    if not found or rows == 0:
        return [_heading("IN FLIGHT", len(found), "no request", width)]
    shown, rest = _parted(found, rows, width)
    return [*table(_REQUESTS, [_request(one) for one in shown], width, glyphs), *rest]


def ended(found: Sequence[Finished], width: int, rows: int | None, glyphs: Glyphs) -> list[Text]:
    """The requests that ended of late, in the given order, under a heading."""
    if not found or rows == 0:
        return [_heading("ENDED", len(found), "none of late", width)]
    shown, rest = _parted(found, rows, width)
    return [*table(_ENDED, [_ended(one, glyphs) for one in shown], width, glyphs), *rest]


def _heading(title: str, count: int, none: str, width: int) -> Text:
    """A heading with a word beside it, in place of a list."""
    line = Text(end="", no_wrap=True)
    line.append(title, HEADING).append(f"  {count or none}", DIM)
    line.truncate(width)
    return line


def _parted(found: Sequence[T], rows: int | None, width: int) -> tuple[Sequence[T], list[Text]]:
    """Those that there is room for, and a line about the others."""
    if rows is None or len(found) <= rows:
        return found, []
    shown = found[: max(1, rows - 1)]
    if rows < 2:
        return shown, []
    line = Text(f"and {len(found) - len(shown)} more", DIM, end="", no_wrap=True)
    line.truncate(width)
    return shown, [line]


def _model(model: Model) -> list[str | Text]:
    ratio, expires = model.gpu_ratio, model.expires_in_seconds
    spills = ratio is not None and ratio < 1
    return [
        model.name,
        Text(words.percent(ratio), WARNED if spills else ""),
        words.size(model.vram_bytes),
        words.size(model.ram_bytes),
        words.count(model.context_tokens),
        "stays" if expires is None else words.span(expires),
    ]


def _request(entry: Entry) -> list[str | Text]:
    return [
        entry.model,
        Text(printable(phase(entry)), _PHASES.get(entry.phase, "")),
        words.seconds(entry.age_seconds),
        words.count(entry.tokens),
        words.rate(entry.tokens_per_second),
        estimated(entry.first_token_in_seconds),
        estimated(entry.queue_wait_seconds),
        _elsewhere(entry.location),
        entry.endpoint,
        "" if entry.priority is None else str(entry.priority),
        _way(entry.routing),
        entry.request_id,
    ]


def _ended(one: Finished, glyphs: Glyphs) -> list[str | Text]:
    outcome = _OUTCOMES.get(one.outcome, one.outcome)
    style = FAILED if one.is_error else ""
    if one.is_error:
        outcome = f"{glyphs.failed} {outcome}"
    cells = [
        one.model,
        outcome,
        words.seconds(one.duration_seconds),
        words.count(one.tokens),
        words.span(one.ago_seconds),
        str(one.status or ""),
        _elsewhere(one.location),
        one.endpoint,
        _way(one.routing),
        one.request_id,
    ]
    return [Text(printable(cell), style) for cell in cells]


def phase(entry: Entry) -> str:
    """What a request is doing, with its place in the line or how far its prompt was read."""
    if entry.queue_position is not None:
        return f"{entry.phase} #{entry.queue_position:.0f}"
    if entry.prefill_ratio is not None and entry.phase == "prefill":
        return f"{entry.phase} ~{words.percent(min(1.0, entry.prefill_ratio))}"
    return entry.phase


def estimated(seconds: float | None) -> str:
    """An estimate, labelled as one."""
    return "" if seconds is None else f"~{words.seconds(seconds)}"


def _elsewhere(location: str | None) -> str:
    return "" if location in (None, "local") else str(location)


def _way(routing: str) -> str:
    return "" if routing == "direct" else routing
