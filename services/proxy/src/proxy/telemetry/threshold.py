"""Looks at who comes in for a trace: what it brings is continued, else one begins.

Of a request's head one line is written anew, or added; the others stay as they were. What was not
valid goes no further, nor does the state that came with it. Source: W3C Trace Context, 3.2 and 3.3.
"""

from proxy.heads import RequestHead
from proxy.recorder import Recorder
from proxy.telemetry.traceparent import TRACEPARENT, TRACESTATE, Contexts

_PARENT, _STATE = TRACEPARENT + b":", TRACESTATE + b":"
_FIRST = b"tT"


class Tracing:
    """A Threshold, the first of all: whom another one turns away has a span as well."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts

    def __call__(self, head: RequestHead, recorder: Recorder) -> None:
        """Note the request's place in a trace, and have it go on to the upstream."""
        lines = head.passing
        parents, states = _places(lines)
        # of two which counts nobody can say; one may also belong to this connection alone
        given = head.headers.get(TRACEPARENT) if len(parents) < 2 else None
        state = ",".join(_value(lines[place]) for place in states) if states and given else ""
        story = recorder.story
        story.trace = context = self._contexts.of(given, state)
        is_continued = bool(context.parent_id)
        # an exemplar leads to a trace that somebody has
        story.trace_id = context.trace_id if is_continued or context.is_sampled else ""
        if not head.method:  # it was no request, and nothing of it goes on
            return
        said = context.traceparent
        head.passing = _written(lines, said, parents, () if is_continued else states)
        headers = {**head.headers, TRACEPARENT: said}
        if states and not is_continued:
            headers.pop(TRACESTATE, None)
        head.headers = headers


def _places(lines: list[bytes]) -> tuple[list[int], list[int]]:
    """Which lines are a traceparent, and which a tracestate."""
    parents: list[int] = []
    states: list[int] = []
    for place, line in enumerate(lines):
        if line[0] in _FIRST:
            if line[: len(_PARENT)].lower() == _PARENT:
                parents.append(place)
            elif line[: len(_STATE)].lower() == _STATE:
                states.append(place)
    return parents, states


def _value(line: bytes) -> str:
    return line.partition(b":")[2].strip(b" \t").decode("latin-1")


def _written(
    lines: list[bytes], said: bytes, parents: list[int], dropped: list[int] | tuple[()]
) -> list[bytes]:
    """The lines that go on, with what this span says in the place of what was given."""
    if not parents and not dropped:
        return [*lines, b"traceparent: " + said]
    found = lines.copy()
    if parents:
        found[parents[0]] = lines[parents[0]].partition(b":")[0] + b": " + said
    else:
        found.append(b"traceparent: " + said)
    for place in sorted([*parents[1:], *dropped], reverse=True):
        del found[place]
    return found
