"""Words of a text, in the form in which two spellings of one word are the same. Pure."""

import re
import unicodedata

_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
"""Signs that belong to the letter before them: vowels of Indic, Thai and Arabic scripts."""
_HAN = "\u3005\u3400-\u9fff\uf900-\ufaff"
_KATAKANA = "\u30a0-\u30ff"
_HIRAGANA = "\u3040-\u309f"
_WORD = re.compile(
    rf"[{_KATAKANA}]+|[{_HAN}]|[{_HIRAGANA}]+"
    rf"|[^\W_{_HAN}{_KATAKANA}{_HIRAGANA}](?:[^\W_{_HAN}{_KATAKANA}{_HIRAGANA}]|[{_MARKS}])*"
)
_SAME = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "ß": "ss", "ё": "е", "İ": "i"})
_MARK_OF_LETTER = re.compile("[\u0300-\u036f]")


def plain(text: str) -> str:
    """A text in small letters, of one spelling: wide and typographic forms are folded."""
    folded = unicodedata.normalize("NFKC", text).translate(_SAME)
    return unicodedata.normalize("NFC", folded.casefold())


def bare(word: str) -> str:
    """A word without the accents of Latin letters: people leave them out."""
    if not word or word[0] > "\u024f":
        return word
    return _MARK_OF_LETTER.sub("", unicodedata.normalize("NFD", word))


def words_of(text: str) -> list[str]:
    """The words of a text that is plain, without accents; Chinese characters are words."""
    return [bare(found.group()) for found in _WORD.finditer(text)]


_SENTENCES = re.compile(r"[.?!…]+(?=\s|$)|[。？！؟¿¡\n]+")


def sentences(text: str) -> list[str]:
    """Parts of a text between the signs that end sentences."""
    return [part for part in _SENTENCES.split(text) if part.strip()]


def spelled(text: str) -> str:
    """A text with digits of all scripts as 0 to 9, and signs of calculating as words."""
    folded = unicodedata.normalize("NFKC", text)
    digits = "".join(
        str(unicodedata.decimal(x)) if x > "\x7f" and x.isdecimal() else x for x in folded
    )
    for sign, word in _SIGNS:
        digits = sign.sub(word, digits)
    return digits


_SIGNS = tuple(
    (re.compile(sign), word)
    for sign, word in (
        (r"(?<=\d),(?=\d{3}\b)", ""),
        (r"%", " percent "),
        (r"\+(?=\s?\w)", " plus "),
        (r"[*×](?=\s?\w)|(?<=\d)\sx\s(?=\d)", " times "),
        (r"÷|(?<=[\d)])\s?/\s?(?=[\d(])", " divided "),
        (r"(?<=[\w)])\s?−\s?(?=[\w(])|(?<=[\w)])\s[-–]\s(?=[\w(])|(?<=\d)-(?=\d)", " minus "),
    )
)
