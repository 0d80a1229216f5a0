"""Which questions of the bank are asked, in which order: (bank, weights, seed), pure.

The order comes from hashes and not from a random generator, so that it is the same on every
Python, and what is asked first does not depend on how much is asked after it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from traffic.bank.embeddings import Record
from traffic.bank.loading import Bank, BankError
from traffic.bank.questions import Fixture, Kind
from traffic.plan.proportions import digest, taking_turns

K = TypeVar("K", bound=Kind)


def ask_in_turn(bank: Bank, weights: Mapping[K, float], seed: int) -> Iterator[Record]:
    """Questions without end, each category in its share; or those of a fixture.

    No question comes again before all of its category have come; then they come in another
    order. Equal weights make rounds of one of each category.
    Raises: BankError for a category without questions.
    """
    stacks = {category: _Stack(bank.every({category}), category, seed) for category in weights}
    turns = taking_turns(weights, lambda category: stacks[category].key)
    return (stacks[category].take() for category in turns)


class _Stack:
    """The questions of one kind, shuffled again whenever they have all been taken."""

    def __init__(self, questions: Sequence[Record], kind: Kind, seed: int) -> None:
        if not questions:
            what = "fixture" if isinstance(kind, Fixture) else "category"
            raise BankError(f"the bank holds no question of the {what} {kind}")
        self._questions = questions
        self._seed = seed
        self._rounds = 0
        self._waiting: list[tuple[bytes, Record]] = []
        self._shuffle()

    @property
    def key(self) -> bytes:
        """What the next question is sorted by, against those of other categories."""
        return self._waiting[-1][0]

    def take(self) -> Record:
        """The next question."""
        _, question = self._waiting.pop()
        if not self._waiting:
            self._shuffle(before=question)
        return question

    def _shuffle(self, before: Record | None = None) -> None:
        drawn = (self._seed, self._rounds) if self._rounds else (self._seed,)
        self._waiting = sorted(
            ((digest(*drawn, question.id), question) for question in self._questions),
            key=lambda pair: pair[0],
            reverse=True,
        )
        if self._waiting[-1][1] is before:  # the same twice in a row would find its prompt kept
            self._waiting.insert(0, self._waiting.pop())
        self._rounds += 1
