"""Words of a text in one form."""

import pytest

from proxy.cache.semantic.words import bare, plain, sentences, spelled, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Où vivent les pingouins ?", ["ou", "vivent", "les", "pingouins"]),
        ("Größe", ["grosse"]),
        ("don’t", ["don", "t"]),
        ("ёж", ["еж"]),
        ("आसमान नीला", ["आसमान", "नीला"]),
        ("マイルをkmに", ["マイル", "を", "km", "に"]),
        ("天空", ["天", "空"]),
        ("ＡＢＣ", ["abc"]),
    ],
)
def test_words_are_found_in_any_script(text: str, words: list[str]) -> None:
    assert words_of(plain(text)) == words


def test_accents_of_latin_letters_are_left_out_and_others_stay() -> None:
    assert (bare("café"), bare("й")) == ("cafe", "й")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("٣ and ५", "3 and 5"),
        ("1,000", "1000"),
        ("1,00", "1,00"),
        ("50%", "50 percent "),
        ("2+2", "2 plus 2"),
        ("8 x 12", "8 times 12"),
        ("1000 / 8", "1000 divided 8"),
        ("9-3", "9 minus 3"),
        ("two-stroke", "two-stroke"),
    ],
)
def test_digits_and_signs_are_spelled(text: str, found: str) -> None:
    assert spelled(text) == found


def test_sentences_end_with_signs_of_any_script() -> None:
    assert sentences("a b? c。d؟") == ["a b", " c", "d"]
