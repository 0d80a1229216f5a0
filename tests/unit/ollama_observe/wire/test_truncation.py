"""A prompt that was cut is suspected by two signals together, never by one."""

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import framing_of
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import RequestFacts, read_request
from ollama_observe.wire.truncation import is_suspected_truncation
from tests.fakes import captures

MUCH = RequestFacts("m", prompt_bytes=15_000)
LITTLE = RequestFacts("m", prompt_bytes=1_000)


@pytest.mark.parametrize(
    ("facts", "tokens", "num_ctx", "suspected"),
    [
        (MUCH, 258, 512, True),
        (MUCH, 510, 512, True),
        (MUCH, 512, 512, True),
        (LITTLE, 258, 512, False),
        (MUCH, 300, 512, False),
        (MUCH, 2, 512, False),
        (MUCH, 258, None, False),
        (MUCH, None, 512, False),
        (MUCH, 0, 512, False),
        (RequestFacts("m"), 258, 512, False),
        (RequestFacts("m", prompt_bytes=15_000, truncate=False), 258, 512, False),
        (RequestFacts("m", prompt_bytes=15_000, truncate=True), 258, 512, True),
    ],
)
def test_the_count_at_a_cut_and_more_text_than_it_can_hold(
    facts: RequestFacts, tokens: int | None, num_ctx: int | None, suspected: bool
) -> None:
    assert is_suspected_truncation(facts, tokens, num_ctx) is suspected


def suspected(name: str) -> bool:
    capture = captures.load(name)
    framing = framing_of(capture.content_type)
    endpoint = endpoint_of(capture.path)
    if not endpoint.has_model or not endpoint.proves_model or framing is None:
        return False
    if not endpoint.is_metered or capture.status != 200:
        return False
    meter = StreamMeter(endpoint.answer, framing)
    meter.feed(0.0, capture.body)
    meter.finish(0.0)
    encoding = capture.headers.get("Content-Encoding", "")
    facts = read_request(capture.request_body, "application/json", encoding)
    tokens = None if meter.usage is None else meter.usage.prompt_tokens
    # Recorded with a context of 4096 where the request did not say
    return is_suspected_truncation(facts, tokens, facts.num_ctx or 4096)


def test_of_all_recorded_exchanges_the_one_that_was_cut_is_suspected() -> None:
    assert [name for name in captures.names() if suspected(name)] == ["generate-truncated-context"]
