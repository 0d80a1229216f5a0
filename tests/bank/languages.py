"""Whether a question is in the language that its record says: by script, and by small words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from tests.bank.texts import text, words
from traffic.bank.loading import Bank
from traffic.bank.questions import Category, Question

SCRIPTS: dict[str, tuple[str, ...]] = {
    "ar": ("ARABIC",),
    "bn": ("BENGALI",),
    "el": ("GREEK",),
    "fa": ("ARABIC",),
    "he": ("HEBREW",),
    "hi": ("DEVANAGARI",),
    "ja": ("HIRAGANA", "KATAKANA"),
    "ko": ("HANGUL",),
    "ru": ("CYRILLIC",),
    "th": ("THAI",),
    "uk": ("CYRILLIC",),
    "zh": ("CJK UNIFIED",),
}
"""How the Unicode names of a language's letters begin; Latin ones for all others."""

LETTERS_OF_SCRIPT = 0.3
"""A question of another script may quote a text in Latin letters, or have Chinese ones in it."""

ONLY = {"uk": "іїєґ", "fa": "پچژگک"}
"""Letters that the language has and its neighbours of the same script have not."""

SMALL_WORDS: dict[str, str] = {
    "cs": "a je na se že jak to do pro jsem mi s ve z co aby",
    "da": "og er det på jeg til en af ikke at den hvad mig som med",
    "de": "und der die das ist ich ein eine nicht mit wie zu auf den mir für",
    "en": "the a to of and is in i it my what how for that with you",
    "es": "el la de que y en un una los las por con para mi es se",
    "fi": "ja on ei se että mitä minun ovat kun oli jos mutta niin en",
    "fr": "le la les de des et un une que est je pour dans en pas il",
    "hu": "a az és hogy nem egy van is mi de ha meg ez kell",
    "id": "yang dan di untuk saya ini itu dengan tidak apa ke dari ada bisa",
    "it": "il di che e la un una per non mi è con le i come del",
    "nl": "de het een en van ik is dat niet in op te met mijn voor wat",
    "pl": "i w na się że jak nie do to z mi jest co dla czy",
    "pt": "o a de que e um uma para não com os as em por do da",
    "ro": "și de la în cu pe un o nu ce mai este să care din",
    "sv": "och att det är en jag på som i med för av inte har min",
    "sw": "ya na kwa wa ni za kama katika hii la mimi yangu nini",
    "tr": "ve bir bu için ne mı mi da de nasıl çok ama kadar ben",
    "vi": "là và của có không tôi cho một những được với trong này",
}
_QUOTED = re.compile(r"[\"“„«][^\"”“»]*[\"”“»]")
"""What is quoted is there to be translated."""
_SMALL = {language: frozenset(listed.split()) for language, listed in SMALL_WORDS.items()}

MARGIN = 2
"""Languages share small words: another one must have so many more to be the question's."""

LANGUAGES = 8
"""At least so many in the category of translations."""


def wrong_languages(bank: Bank) -> Iterator[str]:
    """Questions whose letters or small words are of another language."""
    for question in bank.questions:
        letters = [letter for letter in text(question) if letter.isalpha()]
        script = SCRIPTS.get(question.lang, ("LATIN",))
        found = sum(unicodedata.name(x, "").startswith(script) for x in letters)
        if found <= LETTERS_OF_SCRIPT * len(letters):
            yield (
                f"{question.id} says {question.lang}, and {found} of its {len(letters)} letters"
                f" are {' or '.join(script)}"
            )
        elif (own := ONLY.get(question.lang)) and not set(own) & set(text(question)):
            yield f"{question.id} says {question.lang}, and has none of the letters {own}"
        elif question.lang not in SCRIPTS and question.category is not Category.CODE:
            yield from _wrong_latin(question)


def _wrong_latin(question: Question) -> Iterator[str]:
    if question.lang not in _SMALL:
        yield f"{question.id} says {question.lang}, of which the test knows no words"
        return
    said = Counter(words(_QUOTED.sub(" ", text(question))))
    hits = {name: sum(said[word] for word in small) for name, small in _SMALL.items()}
    best = max(hits.values())
    if hits[question.lang] + MARGIN < best:
        closest = [name for name, count in hits.items() if count == best]
        yield (
            f"{question.id} says {question.lang}, and its small words are rather"
            f" {' or '.join(closest)}"
        )


def few_languages(bank: Bank) -> Iterator[str]:
    """A category of translations that is not of many languages."""
    found = {question.lang for question in bank.of(Category.TRANSLATION_MULTILINGUAL)}
    if len(found) < LANGUAGES:
        yield f"{len(found)} languages in translation_multilingual, expected {LANGUAGES}"
