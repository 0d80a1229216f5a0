"""A model's prompts are foretold from the few that it has read."""

import random

import pytest

from proxy.insight.forecasts import NOTHING, WATCHED_SECONDS, Forecast
from proxy.insight.learnt import BYTES_PER_TOKEN, UNKNOWN_BYTES, WARM_SECONDS, Learnt, Read
from proxy.insight.prefixes import fingerprint_of

BYTES_A_TOKEN = 5.0


def takes(tokens: float, before: float = 0.0) -> float:
    return tokens * (0.002 + 1e-6 * (before + tokens / 2))


def text(size: int, seed: int) -> str:
    draw = random.Random(seed)
    return "".join(draw.choices("abcdefgh ", k=size))


class Model:
    """A model that keeps the prompt that it read last, and says so or not."""

    def __init__(self, keeps: bool = True, says: bool = False) -> None:
        self.learnt = Learnt(num_parallel=1)
        self._keeps = keeps
        self._says = says
        self._kept = ""

    def ask(self, *said: str, is_cold: bool = False) -> tuple[float | None, float]:
        """What was foretold of a prompt, and what it took."""
        prompt = "".join(said)
        text, own = prompt.encode(), fingerprint_of(prompt.encode())
        forecast = Forecast(own, len(prompt), is_cold, is_stream=True)
        forecast.reuse = None if is_cold else self.learnt.reuse(text, own)
        forecast.sent(0.0, ahead=0)
        self.learnt.foretell(forecast)
        same = next(
            (i for i, pair in enumerate(zip(prompt, self._kept, strict=False)) if len({*pair}) > 1),
            min(len(prompt), len(self._kept)),
        )
        tokens = len(prompt) / BYTES_A_TOKEN
        before = min(same / BYTES_A_TOKEN, tokens - 1) if self._keeps else 0.0
        seconds = takes(tokens - before, before)
        self._kept = prompt
        cached = int(before) if self._says else None
        self.learnt.learn(Read(len(prompt), int(tokens), cached, seconds), forecast)
        return forecast.prefill_seconds, seconds


def test_before_anything_was_read_nothing_is_foretold() -> None:
    learnt = Learnt(1)
    assert (learnt.bytes_per_token, learnt.load_seconds) == (BYTES_PER_TOKEN, None)
    assert learnt.watched_bytes == UNKNOWN_BYTES
    foretold, _ = Model().ask(text(5000, 1))
    assert foretold is None


@pytest.mark.parametrize("says", [True, False])
def test_after_three_prompts_one_of_another_size_is_foretold(says: bool) -> None:
    model = Model(says=says)
    for seed, size in enumerate((2000, 5000, 9000)):
        model.ask(text(size, seed))
    for seed, size in enumerate((3000, 20_000), 10):
        foretold, seconds = model.ask(text(size, seed))
        assert foretold == pytest.approx(seconds, rel=0.02)
    assert model.learnt.bytes_per_token == pytest.approx(BYTES_A_TOKEN, rel=0.01)


@pytest.mark.parametrize("says", [True, False])
def test_a_conversation_takes_what_is_new_of_it(says: bool) -> None:
    model = Model(says=says)
    for seed, size in enumerate((2000, 5000, 9000)):
        model.ask(text(size, seed))
    turns = [text(6000, 20)]
    for turn in range(21, 25):
        model.ask(*turns)
        turns.append(text(4000, turn))
        foretold, seconds = model.ask(*turns)
        assert foretold == pytest.approx(seconds, rel=0.25)
        assert seconds < 0.6 * takes(sum(map(len, turns)) / BYTES_A_TOKEN)


def test_a_model_that_keeps_nothing_is_found_out() -> None:
    model = Model(keeps=False)
    for seed, size in enumerate((2000, 5000, 9000)):
        model.ask(text(size, seed))
    turns = [text(6000, 20)]
    for turn in range(21, 26):
        model.ask(*turns)
        turns.append(text(4000, turn))
    foretold, seconds = model.ask(*turns)
    assert foretold == pytest.approx(seconds, rel=0.02)


def test_what_is_read_in_less_than_half_a_second_teaches_no_rate() -> None:
    learnt = Learnt(1)
    learnt.learn(Read(4000, 1000, None, WATCHED_SECONDS - 0.01), None)
    assert learnt.watched_bytes == UNKNOWN_BYTES
    assert learnt.bytes_per_token == 4
    learnt.learn(Read(4000, 1000, None, 2 * WATCHED_SECONDS), None)
    assert learnt.watched_bytes == pytest.approx(2000)


def brief(learnt: Learnt, seconds: float, cached: int | None = None, size: int = 8000) -> float:
    """One that was watched is read in so short a time; from which size on one is watched then."""
    own = fingerprint_of(b"x")
    forecast = Forecast(own, size, is_cold=False, is_stream=True)
    forecast.reuse = learnt.reuse(b"x", own)
    learnt.learn(Read(size, size // 5, cached, seconds), forecast)
    return learnt.watched_bytes


def test_where_prompts_are_read_at_once_only_larger_ones_are_watched() -> None:
    learnt = Learnt(1)
    found = [brief(learnt, 0.1) for _ in range(10)]
    assert found[:2] == [4096, 8192]
    assert found[-1] == 8000 * WATCHED_SECONDS / 0.1
    assert brief(learnt, 0.4) == found[-1]  # a larger one is not small because another was slow
    learnt.learn(Read(50_000, 10_000, None, 5.0), None)
    assert learnt.watched_bytes == pytest.approx(5000)
    assert brief(learnt, 0.1) == pytest.approx(5000)  # by the rate, once one is known


def test_what_was_there_already_says_nothing_of_how_fast_it_is_read() -> None:
    assert brief(Learnt(1), 0.1, cached=1500) == UNKNOWN_BYTES
    model = Learnt(1)
    said = text(8000, 1).encode()
    for _ in range(2):
        own = fingerprint_of(said)
        forecast = Forecast(own, 8000, is_cold=False, is_stream=True)
        forecast.reuse = model.reuse(said, own)
        model.learn(Read(8000, 1600, None, 0.1), forecast)
    assert model.watched_bytes == 2 * UNKNOWN_BYTES  # by the first of the two


def test_a_prompt_that_takes_no_time_at_all_is_no_reason_to_watch_none() -> None:
    learnt = Learnt(1)
    for _ in range(30):
        brief(learnt, 0.0, size=4000)
    assert learnt.watched_bytes == 4000 * WATCHED_SECONDS / 0.01


def test_a_count_that_is_not_to_be_compared_with_the_text_teaches_no_size() -> None:
    learnt = Learnt(1)
    learnt.learn(Read(None, 1000, None, 2.0), None)
    assert learnt.bytes_per_token == BYTES_PER_TOKEN
    assert learnt.watched_bytes == pytest.approx(250 * BYTES_PER_TOKEN)


def test_of_a_stream_without_counts_the_text_alone_is_learnt_from() -> None:
    model = Learnt(1)
    for size in (4000, 8000):
        model.learn(Read(size, None, None, size / 2000), None)
    told = Forecast(fingerprint_of(b"x"), 6000, is_cold=False, is_stream=True)
    model.foretell(told)
    assert told.prefill_seconds == pytest.approx(3.0)


def test_a_model_that_is_not_loaded_has_to_be_and_has_forgotten_what_it_read() -> None:
    model = Model()
    for seed in (1, 2, 3):
        model.ask(text(9000, seed))
    model.ask(text(9000, 3), is_cold=True)
    told = Forecast(fingerprint_of(b"x"), 9000, is_cold=True, is_stream=True)
    model.learnt.foretell(told)
    assert told.at(0.0) == NOTHING  # nobody has seen it load
    for seconds in (4.0, 30.0, 5.0):
        model.learnt.loaded(seconds)
    model.learnt.loaded(None)
    model.learnt.foretell(told)
    assert told.load_seconds == 5.0
    foretold, _ = model.ask(text(9000, 3), is_cold=True)
    assert foretold == pytest.approx(takes(9000 / BYTES_A_TOKEN), rel=0.02)


def test_how_long_a_model_stays_is_learnt_until_it_did_not() -> None:
    learnt = Learnt(1)
    learnt.was_warm(20.0)
    assert learnt.warm_seconds == WARM_SECONDS
    learnt.was_warm(4000.0)
    assert learnt.warm_seconds == 4000.0
    learnt.loaded(None)
    assert learnt.warm_seconds == WARM_SECONDS
