"""What goes over the socket, as JSON in binary frames. Version 1.

A viewer sends `Look`, whenever what it looks at changes. It is sent:

1. `Hello`, first, and again if it changes: the panels as data, the ranges, where the runbook is.
2. `Viewing`, for a `Look`: the keys of its view and of its tiles' view. Frames of other keys are
   leftovers of an earlier view. Of many `Look`s that come at once only the latest counts.
3. `Frame`: columns of numbers. A whole one begins a panel, others add points at its end; a viewer
   drops the points that leave its range. A panel has a whole frame first, always.
4. `Strip`, every few seconds: the parts of the stack, objectives, alerts.
5. `Live`, about every second: the requests in flight.
6. `Configuration`, when it changes: what models run with, beside what Ollama was set to.
7. `Refusal`, for a `Look` that cannot be shown; what was shown goes on.

A viewer that is slow misses strips and tables, of which the latest is enough, and gets whole frames
in place of those it missed. Units: seconds, Unix time, and those of the panels. NaN, infinities and
what is not there are null: a gap.
"""

from enum import StrEnum

import msgspec

from dashboard.panels.model import Group, Panel
from dashboard.views import Range, View

VERSION = 1

Number = float | None


class Look(msgspec.Struct, frozen=True, tag="look", forbid_unknown_fields=True):
    """What a viewer wants to see. `panels` are those that are on the screen."""

    view: View
    panels: tuple[str, ...] = ()


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """What the page is built of. `prometheus_url` is where its pages are; empty: it has none, or
    has not been seen yet."""

    version: int
    release: str
    groups: tuple[Group, ...]
    panels: tuple[Panel, ...]
    ranges: tuple[Range, ...]
    points: tuple[int, ...]
    runbook_url: str
    prometheus_url: str
    scrape_seconds: float


class Viewing(msgspec.Struct, frozen=True, tag="viewing"):
    """The keys of the frames to come."""

    view: str
    tiles: str


class Series(msgspec.Struct, frozen=True):
    """A line. `query` is the place of its query in the panel; `values` is as long as the grid."""

    query: int
    labels: dict[str, str]
    values: list[Number]


class PanelFrame(msgspec.Struct, frozen=True, omit_defaults=True):
    """A panel's part of a frame.

    `exprs` are the queries as they were asked, by place; empty text: not in this view. With an
    `error` there is nothing newer than the series, which may be none; `remedy` says what helps.
    `left_out` series were too many.
    """

    id: str
    series: list[Series]
    exprs: tuple[str, ...] = ()
    error: str = ""
    remedy: str = ""
    left_out: int = 0


class Frame(msgspec.Struct, frozen=True, tag="frame"):
    """Points at `start`, `start + step`, ... `count` of them, of the view `view`."""

    view: str
    is_whole: bool
    start: int
    step: int
    count: int
    panels: list[PanelFrame]


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    OFF = "off"
    """It is not part of this stack."""
    UNKNOWN = "unknown"


class Part(msgspec.Struct, frozen=True):
    """A part of the stack. `since` is when it came to this state, `seen` when it was last heard."""

    name: str
    title: str
    state: State
    reason: str
    since: float | None
    seen: float | None


class Objective(msgspec.Struct, frozen=True):
    """An objective. `value` is the share over `window` that met it, `budget_left` what is left of
    the share that may miss it: 1 all, 0 none, below 0 overdrawn."""

    name: str
    title: str
    objective: float
    window: str
    value: Number
    budget_left: Number


class Alert(msgspec.Struct, frozen=True):
    """An alert that fires."""

    name: str
    severity: str
    summary: str
    runbook_url: str
    since: float
    labels: dict[str, str]


class Strip(msgspec.Struct, frozen=True, tag="strip"):
    """Whether it is all right. `alerts` is None where nobody can say; `newest` is the time of the
    newest sample that Prometheus has of the proxy."""

    at: float
    parts: list[Part]
    objectives: list[Objective]
    alerts: list[Alert] | None
    models: list[str]
    is_demo: bool
    newest: float | None


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request in flight, as the proxy tells it; what it does not tell is left out.

    `location` says where the model computes. `queue_position` and `queue_wait_seconds` are of one
    that waits in the proxy's own queue; the wait is an estimate, as is all that tells of a prompt
    that is being read: `prefill_ratio` is how far, `first_token_in_seconds` how long still.
    """

    request_id: str
    endpoint: str
    model: str
    routing: str
    phase: str
    age_seconds: float
    sent_seconds: float | None
    tokens: int | None
    tokens_per_second: float | None
    location: str | None = None
    priority: str | None = None
    queue_position: int | None = None
    queue_wait_seconds: float | None = None
    prefill_ratio: float | None = None
    first_token_in_seconds: float | None = None


class Finished(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request that ended `ago_seconds` before."""

    request_id: str
    endpoint: str
    model: str
    routing: str
    outcome: str
    status: int
    duration_seconds: float
    tokens: int | None
    ago_seconds: float
    location: str | None = None


class Live(msgspec.Struct, frozen=True, tag="live"):
    """What is in flight. With an `error` the table is the last that was seen, at `at`.

    `left_out` requests, the youngest, were too many.
    """

    at: float | None
    requests: list[Request]
    finished: list[Finished]
    error: str = ""
    left_out: int = 0


class Setting(msgspec.Struct, frozen=True):
    """Something that a model runs with. `setting` is the variable that sets it; empty: none does.

    `set_to` and `in_force` are None where nobody said, or it is not seen; `source` says by whom the
    latter is known. `differs` is None where the two were not compared; `why` is what may be the
    reason.
    """

    title: str
    setting: str
    set_to: str | None
    in_force: str | None
    source: str
    differs: bool | None
    why: str


class Runner(msgspec.Struct, frozen=True):
    """A loaded model's process. `note` says why not all of it is seen."""

    model: str
    runner: str
    settings: list[Setting]
    note: str


class Configuration(msgspec.Struct, frozen=True, tag="configuration"):
    """What models run with. `others` are what is set and no row of a model shows.

    With an `error` it is what was heard last, at `at`. `is_readable`: what is set is known. `notes`
    say what could not be read.
    """

    at: float | None
    runners: list[Runner]
    others: dict[str, str]
    is_readable: bool
    notes: list[str]
    error: str = ""


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """Why a `Look` cannot be shown."""

    sentence: str


Message = Hello | Viewing | Frame | Strip | Live | Configuration | Refusal
