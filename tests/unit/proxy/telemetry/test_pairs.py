"""Lists of names and values, as OTLP's own variables have them."""

import pytest

from proxy.telemetry.pairs import pairs_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" , ,\n", []),
        ("a=1", [("a", "1")]),
        ("a=1,b=2", [("a", "1"), ("b", "2")]),
        ("a = 1 \n b=2\r\n", [("a", "1"), ("b", "2")]),
        ("authorization=Bearer%20x%2Cy==", [("authorization", "Bearer x,y==")]),
        ("authorization=Basic dTpw", [("authorization", "Basic dTpw")]),
        ("name=%C3%BC", [("name", "ü")]),
        ("a=", [("a", "")]),
    ],
)
def test_names_and_values_are_read(text: str, found: list[tuple[str, str]]) -> None:
    assert list(pairs_of(text)) == found


@pytest.mark.parametrize("text", ["a=1,secret", "a=1,=secret", "a=1,secret=%ff"])
def test_what_is_none_is_refused_by_its_place_and_not_by_what_it_holds(text: str) -> None:
    with pytest.raises(ValueError, match=r"entry 2") as raised:
        list(pairs_of(text))
    assert "secret" not in str(raised.value)
