"""What a span says that other requests' spans say as well: its name, and nearly all attributes.

Names are those of the conventions for generative AI and HTTP, where they have one; the others
begin with `ollama.`. Nothing of a prompt or an answer is in it, and no address of a client. A path
that is no route of Ollama's, or holds a name or a key, is not told.
Source: OpenTelemetry semantic conventions 1.41.0, "GenAI spans" and "HTTP spans".
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from ollama_observe.metrics.metric import OTHER, UNNAMED
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.models import normalise_model
from proxy.outcomes import Outcome
from proxy.story import Story
from proxy.telemetry.operations import OPERATIONS
from proxy.telemetry.values import attribute, clean

_ANY_METHOD = "_OTHER"


class Common(NamedTuple):
    """What is said. Empty: nothing.

    It is kept, so that none of its texts may be as long as somebody else wants it to be.
    """

    name: str
    method: str
    route: str
    status: int
    routing: str
    outcome: Outcome
    cached: str
    user: str
    is_cloud: bool
    is_streamed: bool
    operation: str
    requested: str
    answered: str
    done_reason: str


def common_of(story: Story) -> Common:
    """What is to be said of a request that has ended."""
    operation = requested = answered = done_reason = ""
    is_streamed = False
    endpoint, meter, is_known = story.endpoint, story.meter, story.model not in UNNAMED
    method = _ANY_METHOD if story.method == OTHER else story.method
    route = "" if endpoint.template == OTHER else endpoint.template
    if story.is_inference:
        operation = OPERATIONS[endpoint.answer]
        requested = story.model if is_known else _asked_for(story)
        is_streamed = _is_streamed(story)
        if meter is not None:
            answered = clean(meter.model or "")
            done_reason = "" if story.is_operation else clean(meter.done_reason or "")
        # of few different ones: only a model that has answered is named in it
        name = f"{operation} {story.model}" if is_known else operation
    else:
        name = f"{'HTTP' if method == _ANY_METHOD else method} {route}".rstrip()
    return Common(
        name,
        method,
        route,
        story.status,
        story.routing,
        story.outcome,
        "" if story.cached is None else story.cached.value,
        story.user,
        story.is_cloud,
        is_streamed,
        operation,
        requested,
        answered,
        done_reason,
    )


def _asked_for(story: Story) -> str:
    """The model that nobody has answered for, where what the client wrote can be a model's name."""
    asked = story.facts.model
    return clean(normalise_model(asked)) if asked else ""


def _is_streamed(story: Story) -> bool:
    if story.meter is None:
        return story.facts.stream is True
    return story.meter.framing is not Framing.JSON


def attributes_of(common: Common, server: Sequence[KeyValue]) -> list[KeyValue]:
    """It as attributes. `server` is the upstream, of which a request to a model tells."""
    outcome = common.outcome
    found = [
        *_of_http(common),
        attribute("ollama.proxy.routing", common.routing),
        attribute("ollama.proxy.outcome", outcome.value),
    ]
    if outcome.is_error:
        found.append(attribute("error.type", outcome.value))
    if common.is_cloud:
        found.append(attribute("ollama.location", "cloud"))
    if common.cached:
        found.append(attribute("ollama.proxy.cache", common.cached))
    if common.user not in ("", *UNNAMED):
        found.append(attribute("ollama.proxy.user", common.user))
    if common.operation:
        found += [*server, *_of_work(common)]
    return found


def _of_http(common: Common) -> Iterator[KeyValue]:
    yield attribute("http.request.method", common.method)
    yield attribute("http.response.status_code", common.status)
    yield attribute("url.scheme", "http")
    if common.route:
        yield attribute("http.route", common.route)
        if ":" not in common.route:
            yield attribute("url.path", common.route)


def _of_work(common: Common) -> Iterator[KeyValue]:
    yield attribute("gen_ai.operation.name", common.operation)
    yield attribute("gen_ai.provider.name", "ollama")
    if common.requested:
        yield attribute("gen_ai.request.model", common.requested)
    if common.is_streamed:
        yield attribute("gen_ai.request.stream", True)
    if common.answered:
        yield attribute("gen_ai.response.model", common.answered)
    if common.done_reason:
        yield attribute("gen_ai.response.finish_reasons", [common.done_reason])
