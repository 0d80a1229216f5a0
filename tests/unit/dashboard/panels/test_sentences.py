"""What several panels say."""

from dashboard.panels import sentences

SAID = {name: text for name, text in vars(sentences).items() if name.isupper()}


def test_reasons_are_parts_of_a_sentence_and_what_follows_a_help_is_whole_ones() -> None:
    reasons = [text for name, text in SAID.items() if name.startswith("NO_") and text[0] != " "]
    ends = [text for text in SAID.values() if text[0] == " "]
    assert reasons and all(text[0].islower() and not text.endswith(".") for text in reasons)
    assert ends and all(text[1].isupper() and text.endswith(".") for text in ends)
