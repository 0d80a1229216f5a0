"""What each client has had of the models, beside what an equal share would have been.

Those that wait or have a slot share the slots in use. Who has more than its part of that time runs
ahead by so many seconds of a slot, who has less falls behind; who is alone does neither, so that
having had an idle machine for an hour is held against nobody. At most BOUND_SECONDS count, either
way, and while a client asks for nothing they fade.

Source: the idea of a virtual time that runs as fast as an equal share does is that of weighted fair
queueing (Demers, Keshav and Shenker 1989; Parekh and Gallager 1993).
"""

import math
from dataclasses import dataclass

BOUND_SECONDS = 60.0
FADING_SECONDS = 60.0
"""After so long without a request what a client was ahead or behind counts for 1/e."""
GRAIN_SECONDS = 3.0
"""Clients that differ by less may be served in the order in which they came."""
MOST_IDLE = 4096
"""Of more clients that ask for nothing, those are forgotten who have for longest."""


@dataclass(slots=True)
class _Account:
    """One client. `ahead` is true when the equal share was `share` and the clock said `at`."""

    at: float
    share: float
    ahead: float = 0.0
    running: int = 0
    in_hand: float = 0.0
    """How long what runs was expected to take, together."""
    waiting: int = 0

    def move_to(self, now: float, share: float) -> float:
        if self.running or self.waiting:
            moved = self.ahead + self.running * (now - self.at) - (share - self.share)
            self.ahead = max(-BOUND_SECONDS, min(BOUND_SECONDS, moved))
        elif now > self.at:
            self.ahead *= math.exp((self.at - now) / FADING_SECONDS)
        self.at, self.share = now, share
        return self.ahead


class Shares:
    """The clients of one line. Instants are seconds of one clock, and never go back."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        """Of those that ask for nothing, who has for longest comes first."""
        self._active = 0
        """Clients that wait or have a slot."""
        self._running = 0
        self._share = 0.0
        """What an equal share has been since the beginning, in seconds of a slot."""
        self._at = 0.0

    def __len__(self) -> int:
        return len(self._accounts)

    def wait(self, client: str, now: float) -> None:
        """One more request of a client waits."""
        self._active_account(client, now).waiting += 1

    def leave(self, client: str, now: float) -> None:
        """A request of a client waits no more."""
        account = self._active_account(client, now)
        account.waiting -= 1
        self._settle(client, account)

    def begin(self, client: str, now: float, cost_seconds: float) -> None:
        """A client has one more slot, for about so long."""
        account = self._active_account(client, now)
        account.running += 1
        account.in_hand += cost_seconds
        self._running += 1

    def end(self, client: str, now: float, cost_seconds: float) -> None:
        """A client has one slot less; `cost_seconds` is what was said at its beginning."""
        account = self._active_account(client, now)
        account.running -= 1
        account.in_hand = account.in_hand - cost_seconds if account.running else 0.0
        self._running -= 1
        self._settle(client, account)

    def of(self, client: str, now: float) -> float:
        """How far ahead a client is, with what it has in hand; in seconds of a slot."""
        account = self._accounts.get(client)
        if account is None:
            return 0.0
        self._move_to(now)
        return account.move_to(now, self._share) + account.in_hand

    def _move_to(self, now: float) -> None:
        if now > self._at:
            if self._active:
                self._share += (now - self._at) * self._running / self._active
            self._at = now

    def _active_account(self, client: str, now: float) -> _Account:
        self._move_to(now)
        account = self._accounts.get(client)
        if account is None:
            account = self._accounts[client] = _Account(now, self._share)
        account.move_to(now, self._share)
        if not (account.waiting or account.running):
            self._active += 1
        return account

    def _settle(self, client: str, account: _Account) -> None:
        """It may have asked for its last."""
        if account.waiting or account.running:
            return
        self._active -= 1
        del self._accounts[client]
        if abs(account.ahead) > GRAIN_SECONDS:
            self._accounts[client] = account  # as the latest
            if len(self._accounts) - self._active > MOST_IDLE:
                self._forget_one()

    def _forget_one(self) -> None:
        for client, account in self._accounts.items():
            if not (account.waiting or account.running):
                del self._accounts[client]
                return
