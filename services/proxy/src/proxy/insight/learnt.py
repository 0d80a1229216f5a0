"""What has been learnt of one model: bytes a token, how fast it reads, how long it loads.

From all of it a request is foretold: its bytes are so many tokens, of which so many were read
before, and the others take so long. Everything kept is of the latest few requests.
"""

from collections import deque
from statistics import median
from typing import NamedTuple

from proxy.insight.forecasts import WATCHED_SECONDS, Forecast
from proxy.insight.prefixes import Fingerprint, Prefixes, Reuse
from proxy.insight.rates import ReadingRate

KEPT = 9
BYTES_PER_TOKEN = 4.0
"""As long as nothing is known. Measured: English 4.9, German 2.7-4.6, code 2.1-2.8."""
WARM_SECONDS = 300.0
"""So long after its last use a model is still loaded, by Ollama's default."""
LEAST_TOKENS = 16.0
"""Fewer say nothing of the rate: what was read is not known so exactly."""
UNKNOWN_BYTES = 2048.0
"""From so many on a prompt is watched while nothing is known of its model."""
_LEAST_SECONDS = 0.01
_MOST_AT_ONCE = 2.0
"""One prompt that was read at once may have been read before, with one that was not watched."""
_LEARNING = 0.3
_OFTEN = 0.5
_UNLIKE = 1.5
"""Two durations that differ by less cannot be told apart."""


class Read(NamedTuple):
    """What became of a prompt. `tokens` are all, `cached` those that the model did not read."""

    text_bytes: int | None
    """None where the count is not to be compared with them: pictures, a prompt that was cut."""
    tokens: int | None
    cached: int | None
    seconds: float
    answer_tokens: int = 0


class Learnt:
    """What is known of one model, of which `num_parallel` prompts are kept beside each other."""

    def __init__(self, num_parallel: int) -> None:
        self._num_parallel = num_parallel
        self._sizes: deque[float] = deque(maxlen=KEPT)
        self._rate = ReadingRate()
        self._loads: deque[float] = deque(maxlen=KEPT)
        self._prefixes = Prefixes()
        self._latest_kept = 1.0
        """How often what was read with one of the latest prompts was kept."""
        self._older_kept = 0.5
        self.load_seconds: float | None = None
        """How long the model loads; None where that was not seen."""
        self.bytes_per_token = BYTES_PER_TOKEN
        self.warm_seconds = WARM_SECONDS
        """So long after its last use it is still loaded, for all that was seen."""
        self.watched_bytes = UNKNOWN_BYTES
        """A prompt of so many bytes takes long enough to be watched, unless it was read before."""

    def foretell(self, forecast: Forecast) -> None:
        """Say how long a request's load and prefill will take, as far as is known."""
        tokens, before = forecast.text_bytes / self.bytes_per_token, 0.0
        if forecast.is_cold:  # and nothing is kept of what it read
            forecast.load_seconds = self.load_seconds
        else:
            before = self._expected(forecast.reuse, tokens)
        if self._rate.is_known:
            forecast.prefill_seconds = self._rate.seconds(tokens - before, before)

    def reuse(self, text: bytes, own: Fingerprint) -> Reuse | None:
        """What of a prompt the model has read before."""
        return self._prefixes.reuse(text, own)

    def loaded(self, seconds: float | None) -> None:
        """The model was loaded, which took so long if it is known: what it had read is gone."""
        if seconds is not None:
            self._loads.append(seconds)
            self.load_seconds = median(self._loads)
        self._prefixes, self.warm_seconds = Prefixes(), WARM_SECONDS

    def was_warm(self, seconds: float) -> None:
        """So long after its last use it was still loaded."""
        self.warm_seconds = max(self.warm_seconds, seconds)

    def learn(self, read: Read, forecast: Forecast | None) -> None:
        """A prompt was read."""
        if read.text_bytes and read.tokens:
            self._sizes.append(read.text_bytes / read.tokens)
            self.bytes_per_token = median(self._sizes)
        tokens: float = read.tokens or (read.text_bytes or 0) / self.bytes_per_token
        before = float(read.cached or 0)
        if forecast is not None and forecast.reuse is not None:
            before = self._learn_reuse(read, tokens, forecast.reuse)
        if read.seconds >= WATCHED_SECONDS and tokens - before >= LEAST_TOKENS:
            self._rate.learn(tokens - before, before, read.seconds)
            self.watched_bytes = self._rate.tokens(WATCHED_SECONDS) * self.bytes_per_token
        elif forecast is not None and forecast.reuse is None and not read.cached:
            self._learn_brief(forecast.text_bytes, read.seconds)
        if forecast is not None:
            self._prefixes.read(forecast.text, tokens, read.answer_tokens)

    def _learn_brief(self, text_bytes: int, seconds: float) -> None:
        """A prompt was watched in vain: read so fast, only larger ones are worth it."""
        if not self._rate.is_known:
            long = text_bytes * WATCHED_SECONDS / max(seconds, _LEAST_SECONDS)
            long = min(long, _MOST_AT_ONCE * self.watched_bytes)
            self.watched_bytes = max(self.watched_bytes, long)

    def _expected(self, reuse: Reuse | None, tokens: float) -> float:
        """How many tokens will not be read again: what was kept more often than not."""
        if reuse is None:
            return 0.0
        kept = self._latest_kept if self._is_latest(reuse) else self._older_kept
        return min(reuse.tokens, tokens - 1) if kept >= _OFTEN else 0.0

    def _learn_reuse(self, read: Read, tokens: float, reuse: Reuse) -> float:
        """How many tokens were not read again; by the time it took, where nobody counted."""
        before = max(0.0, min(reuse.tokens, tokens - 1))
        if read.cached is not None:
            self._note_kept(reuse, read.cached >= before / 2)
            return float(read.cached)
        all_of_it = self._rate.seconds(tokens)
        the_rest = self._rate.seconds(tokens - before, before)
        if all_of_it < _UNLIKE * the_rest or not self._rate.is_known:
            return self._expected(reuse, tokens)  # either may be
        is_kept = read.seconds**2 < all_of_it * the_rest
        self._note_kept(reuse, is_kept)
        return before if is_kept else 0.0

    def _note_kept(self, reuse: Reuse, is_kept: bool) -> None:
        if self._is_latest(reuse):
            self._latest_kept += _LEARNING * (is_kept - self._latest_kept)
        else:
            self._older_kept += _LEARNING * (is_kept - self._older_kept)

    def _is_latest(self, reuse: Reuse) -> bool:
        return reuse.age < self._num_parallel
