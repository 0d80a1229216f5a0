"""Names that look like small words."""

from proxy.cache.semantic.names import names_of


def test_abbreviations_that_are_small_words_otherwise_count() -> None:
    assert names_of("Tell us about the US and the WHO") == ["US", "WHO"]


def test_other_names_and_shouted_texts_do_not() -> None:
    assert names_of("What does NASA do?") == []
    assert names_of("WHO IS IT") == []
