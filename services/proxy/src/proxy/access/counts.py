"""What each alias has asked for and has in flight, counted over all processes of a proxy.

A table in memory that they share: a place an alias, found by its hash, and at each place a row for
each process, which it alone writes. So nothing is counted twice or lost, and there are no locks.
What is judged by the sums is right to within what other processes do in the same instant.
An alias keeps its place for as long as the proxy runs, whatever becomes of the file. Those that the
file has take theirs when it is read, and RESERVED places are left for them alone. Aliases that find
none share the last one: what limits they have holds for all of them together.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from proxy.access.keys_file import MOST_ENTRIES
from proxy.access.trust import USER_LIMIT_BYTES
from proxy.access.windows import STEPS, Day, Minute
from proxy.shared import word_of

MOST_ALIASES = 3072
RESERVED = MOST_ENTRIES
"""Places that none but the file's aliases may take: users whom others name leave these free."""
OVERFLOW = "other"
"""What those without a place of their own are together."""

_WORD = 8
_MOST_AT_ONCE = (1 << 40) - 1
_MOST_IN_ALL = (1 << 63) - 1
"""What a word holds: an upstream may say any number."""
_HEAD = 1 + 1 + (USER_LIMIT_BYTES + _WORD - 1) // _WORD
"""Whose the place is: the hash of an alias, then its length and its letters."""
_TOTALS = 5
_EDGES = (0, 1, 1 + _TOTALS, *(1 + _TOTALS + n for n in (1, 2, 2 + STEPS, 2 + 2 * STEPS)))
"""Where the parts of a row begin: in flight, totals, two words of the day, two minutes."""
_ROW = _EDGES[-1]


def table_bytes(processes: int) -> int:
    """How much memory the table of so many processes takes."""
    return MOST_ALIASES * (_HEAD + processes * _ROW) * _WORD


class Row:
    """One process's numbers of one alias."""

    def __init__(self, words: "memoryview[int]") -> None:
        parts = [words[begin:end] for begin, end in pairwise(_EDGES)]
        self.in_flight, self.totals = parts[0], parts[1]
        self.requests_today, self.tokens_today = Day(parts[2]), Day(parts[3])
        self.requests_in_minute, self.tokens_in_minute = Minute(parts[4]), Minute(parts[5])


class Totals:
    """Since the proxy began: requests let in, requests refused, tokens, and seconds of models."""

    def __init__(self, words: list[int]) -> None:
        self.requests, self.refused, self.prompt_tokens, self.generated_tokens = words[:4]
        self.model_seconds = words[4] / 1e6


class Counts:
    """The numbers of all aliases. `index` is the process that writes here; None: it only reads.

    `clock` is one that all processes of a system share, `wall_clock` gives Unix time.
    """

    def __init__(
        self,
        memory: "memoryview[int] | None" = None,
        processes: int = 1,
        index: int | None = 0,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 (days of the calendar)
    ) -> None:
        """`memory` is as large as `table_bytes` says; None: memory of this process's own."""
        own = memoryview(bytearray(table_bytes(processes))).cast("q")
        self._memory = own if memory is None or not memory else memory
        self._processes = processes
        self._index = index
        self._width = _HEAD + processes * _ROW
        self._places: dict[str, tuple[int, int]] = {}
        """Of aliases that were found: place, and the hash that is there."""
        self._rows: dict[int, list[Row]] = {}
        self._expected: frozenset[str] = frozenset()
        self.clock = clock
        self.wall_clock = wall_clock
        if index is not None:
            self._forget_who_was_here(index)

    def place(self, alias: str) -> int:
        """Where an alias's numbers are; a place is taken for one that has none."""
        known = self._places.get(alias)
        if known is not None and self._memory[known[0] * self._width] == known[1]:
            return known[0]
        place, key = self._claim(alias)
        if len(self._places) > 2 * MOST_ALIASES:  # of those that share the last
            self._places.clear()
        self._places[alias] = place, key
        return place

    def expect(self, aliases: Iterable[str]) -> None:
        """Take places for the aliases of a file, also of those that are kept for such."""
        ordered = tuple(aliases)
        self._expected = frozenset(ordered)
        self._places.clear()  # one of them may have shared the last
        for alias in ordered:  # in one order, as processes begin at once and take the same places
            self.place(alias)

    def rows(self, place: int) -> list[Row]:
        """The numbers at a place, a row for each process."""
        rows = self._rows.get(place)
        if rows is None:
            begin = place * self._width + _HEAD
            rows = self._rows[place] = [
                Row(self._memory[begin + n * _ROW : begin + (n + 1) * _ROW])
                for n in range(self._processes)
            ]
        return rows

    def own(self, place: int) -> Row:
        """The row of this process."""
        assert self._index is not None
        return self.rows(place)[self._index]

    def enter(self, place: int) -> None:
        """A request was let in."""
        row = self.own(place)
        row.in_flight[0] += 1
        row.totals[0] += 1
        row.requests_in_minute.add(self.clock(), 1)
        row.requests_today.add(self.wall_clock(), 1)

    def leave(self, place: int) -> None:
        """One that was let in has ended."""
        self.own(place).in_flight[0] -= 1

    def refuse(self, place: int) -> None:
        """A request was not let in."""
        self.own(place).totals[1] += 1

    def use(self, place: int, prompt_tokens: int, generated_tokens: int, seconds: float) -> None:
        """What an answer took has become known."""
        row = self.own(place)
        used = [_clamped(one) for one in (prompt_tokens, generated_tokens, int(seconds * 1e6))]
        for index, amount in enumerate(used, 2):
            row.totals[index] = min(_MOST_IN_ALL, row.totals[index] + amount)
        tokens = used[0] + used[1]
        if tokens:
            row.tokens_in_minute.add(self.clock(), tokens)
            row.tokens_today.add(self.wall_clock(), tokens)

    def in_flight(self, place: int) -> int:
        """Requests of the alias that have not ended."""
        return sum(row.in_flight[0] for row in self.rows(place))

    def requests_by_step(self, place: int) -> list[int]:
        """Requests of the last minute, see Minute."""
        now = self.clock()
        return _added([row.requests_in_minute.by_step(now) for row in self.rows(place)])

    def tokens_by_step(self, place: int) -> list[int]:
        """Tokens of the last minute, see Minute."""
        now = self.clock()
        return _added([row.tokens_in_minute.by_step(now) for row in self.rows(place)])

    def requests_today(self, place: int) -> int:
        """Requests of this day of UTC."""
        now = self.wall_clock()
        return sum(row.requests_today.sum(now) for row in self.rows(place))

    def tokens_today(self, place: int) -> int:
        """Tokens of this day of UTC."""
        now = self.wall_clock()
        return sum(row.tokens_today.sum(now) for row in self.rows(place))

    def totals(self, place: int) -> Totals:
        """What there was since the proxy began."""
        return Totals(_added([row.totals.tolist() for row in self.rows(place)]))

    def aliases(self) -> Iterator[tuple[str, int]]:
        """The aliases that have asked, and their places."""
        for place in range(MOST_ALIASES):
            begin = place * self._width
            if self._memory[begin]:
                yield self._name_at(begin), place

    def _claim(self, alias: str) -> tuple[int, int]:
        """A place, and the hash that is there for as long as it is the alias's.

        Of two processes that take the same place at once the later has it; the other finds so
        at its next use, and takes another.
        """
        key = word_of(alias)
        for step in range(MOST_ALIASES - 1):
            place = (key + step) % (MOST_ALIASES - 1)
            begin = place * self._width
            if self._memory[begin] == key:
                return place, key
            if self._memory[begin] == 0:
                if not self._may_take_one(alias):
                    break
                self._name(begin, alias, key)
                return place, key
        last = MOST_ALIASES - 1
        key = word_of(OVERFLOW)
        self._name(last * self._width, OVERFLOW, key)
        return last, key

    def _may_take_one(self, alias: str) -> bool:
        if alias in self._expected:
            return True
        free = self._memory[:: self._width][: MOST_ALIASES - 1].tolist().count(0)
        return free > RESERVED

    def _name(self, begin: int, alias: str, key: int) -> None:
        letters = alias.encode()[:USER_LIMIT_BYTES]
        padded = memoryview(letters.ljust((_HEAD - 2) * _WORD, b"\0")).cast("q")
        self._memory[begin + 1] = len(letters)
        self._memory[begin + 2 : begin + _HEAD] = padded
        self._memory[begin] = key  # last: whose it is, is there when the place is taken

    def _name_at(self, begin: int) -> str:
        length = self._memory[begin + 1]
        letters = self._memory[begin + 2 : begin + _HEAD].tobytes()[:length]
        return letters.decode("utf-8", "replace")

    def _forget_who_was_here(self, index: int) -> None:
        """What a process of this index had in flight when it was killed has ended with it."""
        for place in range(MOST_ALIASES):
            begin = place * self._width
            if self._memory[begin]:
                self._memory[begin + _HEAD + index * _ROW] = 0


def _added(parts: list[list[int]]) -> list[int]:
    if len(parts) == 1:
        return parts[0]
    return [sum(numbers) for numbers in zip(*parts, strict=True)]


def _clamped(amount: int) -> int:
    return max(0, min(amount, _MOST_AT_ONCE))
