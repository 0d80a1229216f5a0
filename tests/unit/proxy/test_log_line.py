"""The one line of a request: everything but what was said."""

import pytest

from ollama_observe.wire.usage import Usage
from proxy.cache.results import Result
from proxy.log_line import log_fields
from proxy.outcomes import Ending
from proxy.portkey.answers import PortkeyAnswer
from proxy.portkey.passages import Passage
from proxy.routing import Bypass
from tests.stories import meter, story


def test_the_line_says_everything_but_what_was_said() -> None:
    read = meter("/api/chat", answer=12.0, usage=Usage(8, 11))
    told = story(meter=read, trace_id="t" * 32, request_bytes=10, response_bytes=20)
    told.end(14.0, Ending.COMPLETE)
    assert log_fields(told) == {
        "request_id": "id",
        "trace_id": "t" * 32,
        "method": "POST",
        "endpoint": "/api/chat",
        "model": "m:latest",
        "routing": "direct",
        "status": 200,
        "outcome": told.outcome,
        "duration_seconds": 5.0,
        "request_bytes": 10,
        "response_bytes": 20,
        "time_to_first_token_seconds": 2.0,
        "prompt_tokens": 8,
        "generated_tokens": 11,
    }


def test_what_there_was_none_of_is_not_said() -> None:
    more = {"trace_id", "cache", "bypass", "queued_seconds", "portkey_target", "prompt_tokens"}
    assert more.isdisjoint(log_fields(story()))


def test_the_line_says_how_it_went_through_the_gateway_or_why_it_did_not() -> None:
    passage = Passage(b"token", True, None, {}, lambda: None)
    passage.attempt_began(1.0, lambda: None)
    told = log_fields(story(passage=passage, portkey=PortkeyAnswer(target="1")))
    assert (told["portkey_target"], told["portkey_attempts"]) == ("1", 1)
    assert log_fields(story(bypass=Bypass.BODY))["bypass"] == "body"


def test_the_line_says_what_the_cache_had() -> None:
    assert log_fields(story(cached=Result.SEMANTIC_HIT))["cache"] == "semantic_hit"


@pytest.mark.parametrize(("turn_at", "queued_seconds"), [(1.0, None), (3.5, 2.5), (None, 4.0)])
def test_a_wait_in_the_queue_is_said_where_there_was_one(
    turn_at: float | None, queued_seconds: float | None
) -> None:
    told = story(queued_at=1.0, turn_at=turn_at, ended_at=5.0)
    assert log_fields(told).get("queued_seconds") == queued_seconds
