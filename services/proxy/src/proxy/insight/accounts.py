"""The time of each model, by what it did, as counters that add up to wall-clock time.

One process keeps the accounts for all: what each alone did would add up to more than there is. It
takes what each tells, and settles as far as nothing more can be told: up to the oldest request in
flight that may yet tell how its silence was divided. That one does not hold up the others for
ever: what lies further back than `LAG_SECONDS` is settled by what is known of it then. What is
settled stays, since counters do not go back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ollama_observe.metrics.catalogue import insight as m
from ollama_observe.metrics.ledger import Ledger
from proxy.insight.diary import Done, Told, add_done, nothing_done
from proxy.insight.spans import Present, lay_present, layers
from proxy.insight.timelines import IDLE, MICROSECONDS, PHASES, Doing, after, parts, union, whole

LAG_SECONDS = 30.0
"""How far the counters may be behind the clock, beside the time since they were asked for."""

_LAG = int(LAG_SECONDS * MICROSECONDS)


@dataclass(slots=True)
class _Account:
    """One model's; instants are whole microseconds. `done` is what is not settled yet."""

    settled_at: int | None = None
    done: Done = field(default_factory=nothing_done)


class Accounts:
    """The models' accounts, written into a ledger. At most `limit` models have one."""

    def __init__(self, ledger: Ledger, limit: int) -> None:
        self._ledger = ledger
        self._limit = limit
        self._accounts: dict[str, _Account] = {}

    def take(self, told: Told | None) -> None:
        """Note what a process told: to be called for each answer of it, also for a late one."""
        for model, done in () if told is None else told.done.items():
            account = self._of(model)
            if account is not None:
                add_done(account.done, done)

    def settle(self, told: Sequence[Told | None]) -> None:
        """Count all that is certain by what all processes told at one time.

        None for one that told nothing: what happened within the lag is not certain then.
        """
        heard = [one for one in told if one is not None]
        if not heard:
            return
        now = int(min(one.at for one in heard) * MICROSECONDS)
        until = now if len(heard) == len(told) else now - _LAG
        by_model = self._by_model(one for tell in heard for one in tell.present)
        for model, account in self._accounts.items():
            present = by_model.get(model, [])
            certain = until
            if present:
                unsure = whole(one.sent_at for one in present if one.may_tell)
                certain = min(until, max(now - _LAG, min(unsure, default=until)))
            self._settle(model, account, present, now, certain)

    def _by_model(self, requests: Iterable[Present]) -> dict[str, list[Present]]:
        """The requests in flight by model. What a client writes is not enough for an account."""
        found: dict[str, list[Present]] = {}
        for one in requests:
            if one.model in self._accounts or (one.is_named and self._of(one.model) is not None):
                found.setdefault(one.model, []).append(one)
        return found

    def _of(self, model: str) -> _Account | None:
        account = self._accounts.get(model)
        if account is None and len(self._accounts) < self._limit:
            account = self._accounts[model] = _Account()
            for phase in PHASES:
                self._ledger.add(m.MODEL_PHASE_SECONDS, 0, (model, phase))
        return account

    def _settle(
        self, model: str, account: _Account, present: list[Present], now: int, until: int
    ) -> None:
        start = account.settled_at
        if start is not None and not present and not any(starts for starts, _ in account.done):
            if until > start:  # as of most models nearly always: it is to cost next to nothing
                self._ledger.add(
                    m.MODEL_PHASE_SECONDS, (until - start) / MICROSECONDS, (model, IDLE)
                )
                account.settled_at = until
            return
        account.done = [union(*stretches) for stretches in account.done]
        done = _with_present(account.done, present, now) if present else account.done
        if start is None:
            start = min((starts[0] for starts, _ in done if starts), default=until)
        if until <= start:
            return
        for phase, part in zip(PHASES, parts(done, start, until), strict=True):
            if part > 0:
                self._ledger.add(m.MODEL_PHASE_SECONDS, part / MICROSECONDS, (model, phase))
        account.settled_at = until
        account.done = [after(stretches, until) for stretches in account.done]


def _with_present(done: Done, present: list[Present], now: int) -> Done:
    """What was done and is being done, each as stretches that do not overlap."""
    laid = layers()
    for one in present:
        lay_present(laid, one, now / MICROSECONDS)
    return [
        union(starts + whole(laid[2 * doing]), ends + whole(laid[2 * doing + 1]))
        for doing, (starts, ends) in zip(Doing, done, strict=True)
    ]
