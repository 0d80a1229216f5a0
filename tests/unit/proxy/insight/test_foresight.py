"""Requests are foretold from what this process has seen, and the estimates are judged."""

import json
import random
from typing import Any

import pytest

from ollama_observe.metrics.catalogue import insight as m
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.records import Output
from ollama_observe.wire.requests import read_request
from ollama_observe.wire.usage import Usage
from proxy.inflight import InflightTable
from proxy.insight.forecasts import NOTHING, Outlook
from proxy.insight.foresight import MOST_ERROR, UNKNOWN_LOAD_SECONDS, Foresight
from proxy.story import Story
from tests.ledgers import ReadLedger
from tests.stories import MODEL, meter, story, told

TOKENS_PER_SECOND = 500.0
BYTES_A_TOKEN = 5.0


def words(size: int, seed: int) -> str:
    return "".join(random.Random(seed).choices("abcdefgh ", k=size))


def near(seconds: float) -> Any:
    """Within a hundredth: runs of one letter are measured as one, so that sizes differ a little."""
    return pytest.approx(seconds, rel=0.01)


class Proxy:
    """A process that foretells, and the model behind it, which keeps nothing of what it read."""

    def __init__(self, num_parallel: int = 1) -> None:
        self.read = ReadLedger()
        self.inflight = InflightTable(num_parallel, lambda: self.now)
        self.elsewhere: set[str] = set()
        self.foresight = Foresight(
            self.inflight.ahead_of, num_parallel, lambda one: one.model in self.elsewhere
        )
        self.now = 1000.0
        self.seed = 0
        self.last_use: float | None = 990.0

    def send(self, size: int = 10_000, path: str = "/api/chat", **asked: Any) -> Story:
        """A prompt of so many bytes is read and sent; `asked` are members of its body."""
        self.seed += 1
        content = words(size, self.seed)
        said = {"model": "m", "messages": [{"role": "user", "content": content}], **asked}
        body = json.dumps(said).encode()
        sent = story(
            path,
            read_at=self.now,
            sent_at=None,
            upstream_status=None,
            facts=read_request(body),
            request_bytes=len(body),
            last_use=self.last_use,
        )
        self.inflight.enter(sent)
        self.foresight.read(sent, body)
        sent.sent_at = self.now
        if sent.forecast is not None:
            self.foresight.sent(sent, sent.forecast, self.now)
        return sent

    def answer(self, sent: Story, prefill: float, load: float = 0.001, **counts: Any) -> None:
        """Its answer begins after the load and so many seconds, and ends a second later."""
        path = sent.endpoint.template
        first = self.now + load + prefill
        if path.startswith("/v1"):
            sent.meter = meter(path, answer=first, usage=counts.get("usage"))
        else:
            usage = told(load + prefill + 1, load=load, prefill=prefill, decode=1.0, **counts)
            sent.meter = meter(path, answer=first, usage=usage)
        sent.upstream_status, sent.is_answered = 200, True
        self.end(sent, first + 1)

    def end(self, sent: Story, at: float) -> None:
        self.now = sent.ended_at = at
        self.inflight.leave(sent)
        page = self.read.ledger.page({"model": sent.model})
        self.foresight.ended(page, sent)
        self.last_use = at

    def ask(self, size: int = 10_000, path: str = "/api/chat", **asked: Any) -> Story:
        """A prompt that is read at the model's rate."""
        sent = self.send(size, path, **asked)
        tokens = size / BYTES_A_TOKEN
        counts = {} if path.startswith("/v1") else {"prompt_tokens": int(tokens)}
        self.answer(sent, tokens / TOKENS_PER_SECOND, **counts)
        return sent

    def outlook(self, sent: Story) -> Outlook:
        return NOTHING if sent.forecast is None else sent.forecast.at(self.now)

    def count(self, metric: Metric, suffix: str = "", **labels: str) -> float:
        return self.read.value(metric, suffix, model=MODEL, **labels) or 0.0


def test_the_third_prompt_is_foretold_whatever_its_size() -> None:
    proxy = Proxy()
    proxy.ask(10_000)
    proxy.ask(5000)
    sent = proxy.send(30_000)  # 6000 tokens, 12 s
    assert proxy.outlook(sent) == Outlook(0.0, near(12.0), near(12.0))
    proxy.now += 3
    assert proxy.outlook(sent).prefill_ratio == near(0.25)
    proxy.now += 100
    assert proxy.outlook(sent)[:2] == (0.99, 0.0)


def test_the_first_prompt_of_a_model_is_watched_and_nothing_is_said_of_it() -> None:
    proxy = Proxy()
    sent = proxy.send()
    assert sent.forecast is not None
    assert proxy.outlook(sent) == NOTHING


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
def test_of_streams_that_tell_no_durations_the_first_token_tells(path: str) -> None:
    proxy = Proxy()
    proxy.ask(10_000, path, stream=True)
    proxy.ask(5000, path, stream=True)
    sent = proxy.send(30_000, path, stream=True)
    assert proxy.outlook(sent).first_token_in_seconds == near(12.0)


def test_a_short_prompt_is_not_watched() -> None:
    proxy = Proxy()
    assert proxy.send(1000).forecast is None
    proxy.ask()
    assert proxy.send(900).forecast is None  # 180 tokens: 0.36 s
    assert proxy.send(1400).forecast is not None


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/embed", {"input": "x" * 10_000}),
        ("/api/show", {}),
        ("/api/chat", {"images": ["AAAA"]}),
        ("/api/chat", {"messages": [{"content": "x" * 9000, "images": ["AAAA"]}]}),
        ("/api/generate", {"messages": None, "prompt": None}),
    ],
)
def test_what_has_no_text_to_be_read_is_not_watched(path: str, asked: dict[str, Any]) -> None:
    proxy = Proxy()
    proxy.ask()
    assert proxy.send(10_000, path, **asked).forecast is None


def test_of_a_whole_answer_nothing_is_told_but_it_is_learnt_from_and_judged() -> None:
    proxy = Proxy()
    for _ in range(2):
        proxy.ask(10_000, stream=False)
    sent = proxy.send(10_000, stream=False)
    assert proxy.outlook(sent) == NOTHING
    proxy.answer(sent, 4.0, prompt_tokens=2000)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_count") == 2
    assert proxy.outlook(proxy.send()).first_token_in_seconds == near(4.0)


def test_a_whole_answer_that_tells_no_durations_is_not_watched() -> None:
    proxy = Proxy()
    proxy.ask()
    assert proxy.send(10_000, "/v1/chat/completions", stream=False).forecast is None
    assert proxy.send(10_000, "/v1/messages").forecast is None
    assert proxy.send(10_000, "/v1/messages", stream=True).forecast is not None


def test_an_estimate_is_judged_by_what_it_took() -> None:
    proxy = Proxy()
    proxy.ask()
    for seconds in (4.0, 8.0, 4.0 / 1.5):
        proxy.answer(proxy.send(), seconds, prompt_tokens=2000)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_count") == 3
    errors = proxy.count(m.PREFILL_ESTIMATE_ERROR, "_sum")
    assert errors == pytest.approx(0.0 + 0.5 + 0.5, abs=0.02)
    assert proxy.count(m.PREFILL_ESTIMATES, deviation="too_short") == 1
    assert proxy.count(m.FIRST_TOKEN_ESTIMATE_ERROR, "_count") == 3


def test_a_prompt_that_was_not_read_at_all_is_the_largest_error() -> None:
    proxy = Proxy()
    proxy.ask()
    sent = proxy.send()
    proxy.answer(sent, 0.0, prompt_tokens=2000)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_sum") == MOST_ERROR
    assert proxy.count(m.PREFILL_ESTIMATES, deviation="too_long") == 1


def test_the_silence_before_a_tool_call_is_no_first_token() -> None:
    proxy = Proxy()
    proxy.ask(10_000, "/v1/chat/completions", stream=True)
    sent = proxy.send(10_000, "/v1/chat/completions", stream=True)
    sent.meter = meter("/v1/chat/completions", answer=proxy.now + 60)
    sent.meter.first_output_kind = Output.TOOL_CALL
    sent.upstream_status = 200
    proxy.end(sent, proxy.now + 61)
    assert proxy.count(m.FIRST_TOKEN_ESTIMATE_ERROR, "_count") == 0
    assert proxy.outlook(proxy.send(10_000)).first_token_in_seconds == near(4)


def test_one_that_waits_for_a_slot_is_foretold_from_when_it_has_one() -> None:
    proxy = Proxy()
    proxy.ask()
    first, second, third = (proxy.send() for _ in range(3))
    assert proxy.outlook(first) != NOTHING
    assert proxy.outlook(second) == proxy.outlook(third) == NOTHING
    proxy.answer(first, 4.0, prompt_tokens=2000)  # and it generates for a second
    assert proxy.outlook(second) == Outlook(0.0, near(4.0), near(9.0))
    assert proxy.outlook(third) == NOTHING
    proxy.end(second, proxy.now + 1)  # its client leaves
    assert proxy.outlook(third).first_token_in_seconds == near(4.0)
    proxy.end(third, proxy.now + 1)
    assert proxy.foresight.line == {}


def test_one_that_leaves_the_line_makes_room_for_those_behind_it() -> None:
    proxy = Proxy()
    proxy.ask()
    first, second, third = (proxy.send() for _ in range(3))
    for sent, later in ((second, 0.1), (third, 0.2)):
        assert sent.forecast is not None
        sent.sent_at = sent.forecast.sent_at = proxy.now + later
    proxy.end(second, proxy.now + 1)
    assert proxy.outlook(third) == NOTHING
    proxy.end(first, proxy.now + 1)
    assert proxy.outlook(third) != NOTHING


def test_with_several_slots_none_of_so_many_waits() -> None:
    proxy = Proxy(num_parallel=2)
    proxy.ask()
    found = [proxy.outlook(proxy.send()) for _ in range(3)]
    assert [outlook == NOTHING for outlook in found] == [False, False, True]


def test_the_first_token_of_one_that_waited_is_no_measure_of_the_estimate() -> None:
    proxy = Proxy()
    proxy.ask()
    first, second = proxy.send(), proxy.send()
    proxy.answer(first, 4.0, prompt_tokens=2000)
    proxy.answer(second, 4.0, prompt_tokens=2000)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_count") == 2
    assert proxy.count(m.FIRST_TOKEN_ESTIMATE_ERROR, "_count") == 1


def test_a_model_that_is_not_loaded_is_foretold_its_load_once_one_was_seen() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.last_use = None
    sent = proxy.send()
    assert sent.forecast is None  # nobody knows how long that takes
    proxy.answer(sent, 4.0, load=20.0, prompt_tokens=2000)
    proxy.last_use = proxy.now - 1000
    again = proxy.send()
    assert proxy.outlook(again) == Outlook(0.0, near(24.0), near(24.0))
    short = proxy.send(100)
    assert short.forecast is not None
    assert proxy.foresight.expected(short)[0] == 20.0


def test_of_a_model_of_which_nothing_was_seen_nobody_knows_whether_it_loads() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.last_use = None  # as after a restart of the proxy
    assert proxy.foresight.expected(proxy.send()) == (0.0, 0.0)
    proxy.last_use = proxy.now - 1000  # Ollama has let it go
    assert proxy.foresight.expected(proxy.send()) == (UNKNOWN_LOAD_SECONDS, 0.0)


def test_where_prompts_are_read_at_once_they_are_soon_not_watched_any_more() -> None:
    proxy = Proxy()
    for _ in range(400):
        sent = proxy.send(8000)
        proxy.answer(sent, 0.1, prompt_tokens=1600)
    assert sent.forecast is None
    assert proxy.send(60_000).forecast is not None


def test_nothing_is_foretold_of_what_is_computed_elsewhere() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.elsewhere.add(MODEL)
    proxy.last_use = None
    sent = proxy.send()
    assert sent.forecast is None
    assert proxy.foresight.expected(sent) == (0.0, 0.0)
    proxy.last_use = proxy.now - 1000
    assert proxy.foresight.expected(proxy.send()) == (0.0, 0.0)


def test_what_was_computed_elsewhere_teaches_nothing() -> None:
    proxy = Proxy()
    proxy.ask()
    for _ in range(9):
        sent = proxy.send()
        sent.is_cloud = True
        proxy.answer(sent, 40.0, prompt_tokens=2000)
    assert proxy.outlook(proxy.send()).first_token_in_seconds == near(4.0)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_count") == 0


def test_an_estimate_that_was_right_was_neither_too_long_nor_too_short() -> None:
    proxy = Proxy()
    proxy.ask()
    sent = proxy.send()
    assert sent.forecast is not None
    assert sent.forecast.prefill_seconds is not None
    proxy.answer(sent, sent.forecast.prefill_seconds, prompt_tokens=2000)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_count") == 1
    assert proxy.count(m.PREFILL_ESTIMATES, deviation="too_long") == 0
    assert proxy.count(m.PREFILL_ESTIMATES, deviation="too_short") == 0


def test_what_had_no_slot_or_was_handed_on_leaves_none_to_who_waits() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.send()
    waiting = proxy.send()
    show = story("/api/show", sent_at=proxy.now, upstream_status=200)
    proxy.end(show, proxy.now + 1)
    assert proxy.outlook(waiting) == NOTHING
    left = story(sent_at=waiting.sent_at, upstream_status=None, is_outlived=True)
    proxy.end(left, proxy.now + 1)
    assert proxy.outlook(waiting) == NOTHING
    answered = story(sent_at=waiting.sent_at, upstream_status=200, is_outlived=True)
    proxy.end(answered, proxy.now + 1)
    assert proxy.outlook(waiting) != NOTHING


def test_one_that_waits_and_is_handed_on_is_not_told_any_more() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.send()
    waiting = proxy.send()
    waiting.is_outlived = True
    proxy.end(waiting, proxy.now + 1)
    assert proxy.foresight.line == {}


def test_a_short_prompt_behind_a_load_is_told_when_it_comes() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.last_use = None
    proxy.answer(proxy.send(), 4.0, load=20.0, prompt_tokens=2000)
    proxy.last_use = None
    found = proxy.outlook(proxy.send(500))
    assert found.prefill_ratio is None
    assert found.first_token_in_seconds == near(20.2)


def test_a_model_that_stays_longer_than_usual_is_known_to() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.now += 1000
    proxy.ask()
    proxy.now += 900
    sent = proxy.send()
    assert sent.forecast is not None
    assert not sent.forecast.is_cold
    assert proxy.foresight.expected(sent)[0] == 0.0


def test_a_client_that_left_teaches_nothing() -> None:
    proxy = Proxy()
    proxy.ask()
    proxy.end(proxy.send(), proxy.now + 100)
    assert proxy.outlook(proxy.send()).first_token_in_seconds == near(4.0)
    assert proxy.count(m.PREFILL_ESTIMATE_ERROR, "_count") == 0


def test_a_prompt_that_was_cut_teaches_no_size() -> None:
    proxy = Proxy()
    proxy.ask()
    for _ in range(5):
        proxy.answer(proxy.send(40_000), 2.0, prompt_tokens=1000)
    assert proxy.outlook(proxy.send()).first_token_in_seconds == near(4.0)


def test_counts_without_durations_are_of_use_for_streams_of_v1() -> None:
    proxy = Proxy()
    for _ in range(2):
        sent = proxy.send(10_000, "/v1/messages", stream=True)
        proxy.answer(sent, 4.0, usage=Usage(prompt_tokens=2500, generated_tokens=5))
    assert proxy.outlook(proxy.send()).first_token_in_seconds == near(4.0)


def test_a_short_prompt_that_takes_long_teaches_as_well() -> None:
    proxy = Proxy()
    short = proxy.send(1500)
    assert short.forecast is None
    proxy.answer(short, 3.0, prompt_tokens=300)  # 5 bytes a token, a hundred tokens a second
    found = proxy.outlook(proxy.send(10_000)).first_token_in_seconds
    assert found == pytest.approx(20.0, rel=0.2)


def test_a_model_without_a_label_is_not_learnt() -> None:
    proxy = Proxy()
    sent = proxy.send()
    sent.model = "other"
    proxy.answer(sent, 4.0, prompt_tokens=2000)
    assert proxy.outlook(proxy.send()) == NOTHING
