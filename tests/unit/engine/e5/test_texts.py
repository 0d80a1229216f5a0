import re

from hypothesis import given
from hypothesis import strategies as st

from engine.e5 import texts

TABLE = {1: "", ord("\t"): " ", ord("ﬁ"): "fi", ord("E"): "e", 0x3000: " ", ord("№"): "no: "}
ANY = st.text(alphabet=st.one_of(st.sampled_from("query: \tﬁE№x\0\x01\u3000"), st.characters()))


def in_the_library(prepared: str) -> str:
    """What the library makes of a text: prefix before it, its table, one space for more."""
    return re.sub(" {2,}", " ", (texts.PREFIX + prepared).translate(texts.for_library()))


def normalised(text: str) -> str:
    """What the library's own table makes of a text without a prefix."""
    return re.sub(" {2,}", " ", text.translate(TABLE))


@given(ANY)
def test_the_library_sees_the_text_alone_and_normalised(text: str) -> None:
    strange = {0: texts._UNKNOWN} | dict.fromkeys(range(0xF0000, 0xF0010), texts._UNKNOWN)
    seen = in_the_library(texts.Texts(TABLE).prepared(text))
    assert seen == normalised(text).translate(strange)


@given(ANY)
def test_a_prepared_text_has_no_character_that_the_library_drops_or_stops_at(text: str) -> None:
    prepared = texts.Texts(TABLE).prepared(text)
    assert not set(prepared) & {*texts.PREFIX, "\0"}


def test_a_prefix_that_the_client_wrote_stays() -> None:
    assert in_the_library(texts.Texts(TABLE).prepared("query: why")) == "query: why"


def test_nothing_that_stands_for_a_character_can_be_sent() -> None:
    seen = in_the_library(texts.Texts(TABLE).prepared(chr(0xF0000) + chr(0xF0001)))
    assert seen == texts._UNKNOWN * 2
