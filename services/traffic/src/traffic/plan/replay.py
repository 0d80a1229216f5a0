"""The request of a recording to a question as large. Pure.

A recording has sizes and no texts. So a question of the bank stands for it that is about as
long; where none is, a piece of the bank's long texts that is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from traffic.bank.loading import Bank, BankError
from traffic.bank.questions import Category, Kind, Question
from traffic.plan.mixes import weights
from traffic.plan.planned import PlannedQuestion
from traffic.plan.proportions import digest
from traffic.plan.stages import drafted
from traffic.plan.trace import TracedRequest
from traffic.settings import TrafficSettings

CHARACTERS_A_TOKEN = 4
"""The rule of the bank; what a tokenizer makes of a text differs by language and model."""

NEAR_SHARE = 0.1
NEAR_TOKENS = 4
"""How far the length of a question may be from the recorded one: the larger of the two."""

LEAST_TEXT_TOKENS = 40
"""A shorter request has no room for a text beside its task."""

MUCH_TOKENS = 300
"""From here on an answer is asked for that is as long as its text."""

TEXT_MAX_TOKENS = 200
"""Ceiling of an answer about a text, where the recording has no length."""

BRIEFLY = "\n\nWhat is the text above about? Answer in a few sentences."
AT_LENGTH = "\n\nTell the text above again in your own words, paragraph by paragraph, at length."


def replayed(
    bank: Bank, settings: TrafficSettings, trace: Sequence[TracedRequest]
) -> tuple[PlannedQuestion, ...]:
    """What is asked in place of the requests of a recording, with instants and lengths.

    A model that the settings name stands above those of the recording. Raises: BankError.
    """
    stand = StandIns(bank, frozenset(weights(settings.mix, settings.categories)), settings.seed)
    end = settings.duration_seconds
    planned = []
    for request in trace:
        at_seconds = round(request.at_seconds / settings.trace_speed, 6)
        if end is not None and at_seconds >= end:
            break
        planned.append(
            replace(
                _stand_in(bank, settings, stand, request),
                at_seconds=at_seconds,
                model="" if "model" in settings.model_fields_set else request.model or "",
            )
        )
    return tuple(planned)


def _stand_in(
    bank: Bank, settings: TrafficSettings, stand: "StandIns", request: TracedRequest
) -> PlannedQuestion:
    question = stand.question_for(request)
    if question is None:
        draft = PlannedQuestion(
            question_id=f"trace-{request.line}",
            category=Category.SUMMARISE_LONG_CONTEXT,
            system=None,
            turns=(stand.text_for(request),),
            max_tokens=TEXT_MAX_TOKENS,
            seed=settings.seed,
        )
    else:
        draft = drafted(bank, question, settings)
    if request.generated_tokens is None:
        return draft
    recorded = max(1, request.generated_tokens)
    ceiling = recorded if settings.max_tokens is None else min(recorded, settings.max_tokens)
    # the answer is cut where the recorded one ended, which is no break
    return replace(draft, max_tokens=ceiling, check=None)


class StandIns:
    """Finds what stands for the requests of a recording. Made once, asked for each of them."""

    def __init__(self, bank: Bank, categories: frozenset[Kind], seed: int) -> None:
        self._seed = seed
        self._sized = sorted(
            ((_tokens(bank, item), item) for item in bank.questions if _fits(item, categories)),
            key=lambda pair: (pair[0], pair[1].id),
        )
        if not self._sized and not bank.contexts:
            raise BankError(
                "the bank holds neither a question of one turn nor a text to replay with"
            )
        self._sizes = [size for size, _ in self._sized]
        self._paragraphs = [
            paragraph
            for name in sorted(bank.contexts)
            for paragraph in bank.contexts[name].split("\n")
            if paragraph.strip()
        ]

    def question_for(self, request: TracedRequest) -> Question | None:
        """A question about as long as the request; None where the bank has none.

        Of several one that may be answered at the recorded length, and of those one by draw.
        """
        wanted = request.prompt_tokens
        near = self._sized if wanted is None else self._near(wanted, _allowance(wanted))
        if not near and wanted is not None and not self._can_be_made(wanted):
            near = self._nearest(wanted)
        long_enough = [
            question
            for _, question in near
            if question.expect.max_tokens >= (request.generated_tokens or 0)
        ]
        choice = long_enough or [question for _, question in near]
        return choice[self._draw(request, len(choice))] if choice else None

    def text_for(self, request: TracedRequest) -> str:
        """A piece of the bank's long texts with a task, together as long as the request."""
        task = AT_LENGTH if (request.generated_tokens or 0) >= MUCH_TOKENS else BRIEFLY
        characters = (request.prompt_tokens or 0) * CHARACTERS_A_TOKEN - len(task)
        pieces: list[str] = []
        place, have = self._draw(request, len(self._paragraphs)), 0
        while have < characters:
            piece = self._paragraphs[place % len(self._paragraphs)] + "\n\n"
            pieces.append(piece)
            have += len(piece)
            place += 1
        return ("".join(pieces)[: max(characters, 0)].rstrip() + task).lstrip()

    def _can_be_made(self, tokens: int) -> bool:
        return bool(self._paragraphs) and tokens >= LEAST_TEXT_TOKENS

    def _near(self, wanted: int, allowance: int) -> list[tuple[int, Question]]:
        low = bisect_left(self._sizes, wanted - allowance)
        return self._sized[low : bisect_right(self._sizes, wanted + allowance)]

    def _nearest(self, wanted: int) -> list[tuple[int, Question]]:
        if not self._sized:
            return []
        distance = min(abs(size - wanted) for size in self._sizes)
        return self._near(wanted, distance)

    def _draw(self, request: TracedRequest, count: int) -> int:
        return int.from_bytes(digest(self._seed, "replay", request.line)[:8]) % max(count, 1)


def _allowance(wanted: int) -> int:
    return max(NEAR_TOKENS, int(wanted * NEAR_SHARE))


def _fits(question: Question, categories: frozenset[Kind]) -> bool:
    # a recorded request is one turn, and its answer is cut where the recorded one ended
    is_plain = question.format is None and question.tools is None and len(question.turns) == 1
    return is_plain and question.category in categories


def _tokens(bank: Bank, question: Question) -> int:
    characters = len(question.system or "") + sum(map(len, bank.turns(question)))
    return characters // CHARACTERS_A_TOKEN
