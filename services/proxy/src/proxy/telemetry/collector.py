"""The collector, as one process sends to it: the rim of telemetry.

Its connections are its own, and no request of a client's ever waits for one. Where it does not take
what it is sent, each kind of reason is told once, and once that it takes it again; where this comes
and goes, once a minute.
"""

import time
from collections.abc import Callable, Mapping

import structlog

from ollama_observe import __version__
from ollama_observe.metrics.catalogue import telemetry as m
from ollama_observe.metrics.ledger import Ledger
from proxy.failures import UpstreamError, UpstreamTimeout
from proxy.pool import UpstreamPool
from proxy.question import ask
from proxy.telemetry.verdicts import Result, Verdict, judge

_ANSWER_LIMIT_BYTES = 64 * 1024
QUIET_SECONDS = 60.0
"""The same is not told again within so long."""
_log = structlog.stdlib.get_logger("proxy.telemetry")


class Collector:
    """Takes one signal, `metrics` or `traces`, by POST."""

    def __init__(
        self,
        signal: str,
        endpoint: str,
        headers: Mapping[str, str],
        timeout_seconds: float,
        ledger: Ledger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.signal = signal
        self._pool = UpstreamPool(endpoint, timeout_seconds)
        self._timeout_seconds = timeout_seconds
        self._ledger = ledger
        self._clock = clock
        self._told: set[Result] = set()
        """What was said of it since it last took all."""
        self._told_at: dict[Result, float] = {}
        self._head = _head(self._pool, signal, headers)

    async def send(self, body: bytes) -> Verdict:
        """Send an export request; what became of it is counted."""
        verdict = await self._sent(body)
        self._ledger.add(m.SENDS, 1, (self.signal, verdict.result.value))
        self._tell(verdict)
        return verdict

    def took(self, count: int) -> None:
        """It has so many items."""
        self._ledger.add(m.SENT, count, (self.signal,))

    def lacks(self, count: int, reason: str) -> None:
        """It does not have so many items, and will not."""
        if count:
            self._ledger.add(m.DROPPED, count, (self.signal, reason))

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()

    async def _sent(self, body: bytes) -> Verdict:
        seconds = self._timeout_seconds
        sent = b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body)
        try:
            head, answer = await ask(self._pool, b"POST", sent, _ANSWER_LIMIT_BYTES, seconds)
        except (TimeoutError, UpstreamTimeout):
            return Verdict(Result.TIMEOUT, said=f"no answer within {seconds:g} s")
        except UpstreamError as error:
            return Verdict(Result.UNREACHABLE, said=str(error))
        return judge(self.signal, head, answer)

    def _tell(self, verdict: Verdict) -> None:
        if verdict.said:
            self._complain(verdict)
        elif self._told:
            self._told.clear()
            _log.info("otlp_taken_again", signal=self.signal, endpoint=self._pool.address)

    def _complain(self, verdict: Verdict) -> None:
        result, now = verdict.result, self._clock()
        told_at = self._told_at.get(result)
        is_news = told_at is None or now - told_at >= QUIET_SECONDS
        if is_news and result not in self._told:
            self._told.add(result)
            self._told_at[result] = now
            _log.warning(
                "otlp_not_taken",
                signal=self.signal,
                endpoint=self._pool.address,
                result=result.value,
                reason=verdict.said,
            )


def _head(pool: UpstreamPool, signal: str, headers: Mapping[str, str]) -> bytes:
    """The head of every request, but for the length of its body."""
    lines = [
        b"POST %s/v1/%s HTTP/1.1" % (pool.path_prefix, signal.encode()),
        b"Host: " + pool.authority,
        b"Content-Type: application/x-protobuf",
    ]
    if "user-agent" not in headers:
        lines.append(b"User-Agent: ollama-observe-proxy/" + __version__.encode())
    lines += [f"{name}: {value}".encode("ascii") for name, value in headers.items()]
    return b"".join(line + b"\r\n" for line in lines)
