"""A prompt that was cut is suspected by two signals together, never by one."""

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import framing_of
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import RequestFacts, read_request
from ollama_observe.wire.truncation import has_too_much_text, is_at_cut
from tests.fakes import captures

MUCH = RequestFacts("m", prompt_bytes=15_000)
LITTLE = RequestFacts("m", prompt_bytes=1_000)


@pytest.mark.parametrize(
    ("facts", "tokens", "too_much"),
    [
        (MUCH, 258, True),
        (MUCH, 1874, True),
        (MUCH, 1875, False),
        (LITTLE, 258, False),
        (MUCH, None, False),
        (MUCH, 0, False),
        (RequestFacts("m"), 258, False),
        (RequestFacts("m", prompt_bytes=15_000, truncate=False), 258, False),
        (RequestFacts("m", prompt_bytes=15_000, truncate=True), 258, True),
    ],
)
def test_so_much_text_cannot_be_so_few_tokens(
    facts: RequestFacts, tokens: int | None, too_much: bool
) -> None:
    assert has_too_much_text(facts, tokens) is too_much


@pytest.mark.parametrize(
    ("tokens", "cut"),
    [(258, True), (254, True), (253, False), (300, False), (508, True), (512, True), (2, False)],
)
def test_a_cut_leaves_half_of_the_context_or_nearly_all(tokens: int, cut: bool) -> None:
    assert is_at_cut(tokens, 512) is cut


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
    return has_too_much_text(facts, tokens) and is_at_cut(tokens or 0, facts.num_ctx or 4096)


def test_of_all_recorded_exchanges_the_one_that_was_cut_is_suspected() -> None:
    assert [name for name in captures.names() if suspected(name)] == ["generate-truncated-context"]
