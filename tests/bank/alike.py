"""Questions that say the same: exactly, in nearly the same words, or from one mould."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from tests.bank.texts import text, trigrams, words
from traffic.bank.loading import Bank
from traffic.bank.questions import Category, Question

JACCARD = 0.8
"""Of the word trigrams of two questions: from here on they are near duplicates."""
ROUGE_L = 0.7
"""Within a category: above it one is a rewording of the other."""
SAME_BEGINNING = 5
"""So many of a category may begin with the same three words."""
DISTINCT_BEGINNINGS = 0.9
"""Share of the bank's questions whose first five words no other one has."""

_CONTEXT = "{context}"


def duplicates(bank: Bank) -> Iterator[str]:
    """Two questions of the same words, whatever their case, spacing and punctuation."""
    seen: dict[tuple[str, ...], str] = {}
    for question in bank.questions:
        key = (*words(text(question)), question.context_ref or "")
        if key in seen:
            yield f"{seen[key]} and {question.id} are the same"
        seen.setdefault(key, question.id)


def near_duplicates(bank: Bank) -> Iterator[str]:
    """Two questions most of whose trigrams are the same, over the whole bank.

    Only pairs that share a trigram are looked at: of half a million that is one in a hundred.
    """
    grams = [trigrams(words(text(question))) for question in bank.questions]
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, found in enumerate(grams):
        for gram in found:
            holders[gram].append(place)
    shared = Counter(pair for places in holders.values() for pair in combinations(places, 2))
    for (one, other), common in shared.items():
        ratio = common / (len(grams[one]) + len(grams[other]) - common)
        if ratio >= JACCARD:
            ids = f"{bank.questions[one].id} and {bank.questions[other].id}"
            yield f"{ids} share {ratio:.2f} of their trigrams, expected less than {JACCARD}"


def rewordings(bank: Bank) -> Iterator[str]:
    """Two questions of a category with too long a common subsequence."""
    for category in Category:
        spoken = [(one, words(text(one)), Counter(words(text(one)))) for one in bank.of(category)]
        for (one, left, bag), (other, right, other_bag) in combinations(spoken, 2):
            enough = ROUGE_L * (len(left) + len(right)) / 2
            # neither the shorter one nor the words in common can be less than the subsequence
            if min(len(left), len(right)) <= enough or (bag & other_bag).total() <= enough:
                continue
            ratio = rouge_l(left, right)
            if ratio > ROUGE_L:
                ids = f"{one.id} and {other.id}"
                yield f"{ids} are {ratio:.2f} alike (ROUGE-L), expected at most {ROUGE_L}"


def rouge_l(one: Sequence[str], other: Sequence[str]) -> float:
    """Longest common subsequence of words, of both lengths' mean.

    Its length is counted in the bits of one number. Source: H. Hyyro, "Bit-parallel LCS-length
    computation revisited", 2004.
    """
    places: defaultdict[str, int] = defaultdict(int)
    for at, word in enumerate(one):
        places[word] |= 1 << at
    mask = (1 << len(one)) - 1
    row = mask
    for word in other:
        both = row & places[word]
        row = ((row + both) | (row - both)) & mask
    common = len(one) - row.bit_count()
    return 2 * common / (len(one) + len(other))


def same_beginnings(bank: Bank) -> Iterator[str]:
    """Many questions from one mould, seen by how they begin."""
    for category in Category:
        begins = Counter(_beginning(one)[:3] for one in bank.of(category))
        for start, count in begins.items():
            if count > SAME_BEGINNING:
                yield (
                    f"{count} of {category} begin with {' '.join(start)!r},"
                    f" expected at most {SAME_BEGINNING}"
                )
    distinct = len({_beginning(one)[:5] for one in bank.questions})
    if distinct < DISTINCT_BEGINNINGS * len(bank.questions):
        yield (
            f"{distinct} of {len(bank.questions)} have first five words of their own,"
            f" expected {DISTINCT_BEGINNINGS:.0%}"
        )


def _beginning(question: Question) -> tuple[str, ...]:
    return words(text(question).replace(_CONTEXT, ""))
