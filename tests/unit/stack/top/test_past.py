import json
import math
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest

from stack.top.past import Series, expressions, growths, instant_of, path_of, read_answer
from stack.top.rates import Growth

UNTIL = 1000.0
NAMES = ("requests", "generated_tokens", "errors", "ttft")
Told = dict[str, Sequence[Series]]


def told(read_at: Sequence[float], instance: str = "p", **counts: dict[float, float]) -> Told:
    """Answers about one proxy, which was read at these instants."""
    mark = Series({"instance": instance}, [(at, 1.0) for at in read_at])
    found: Told = {"read_at": [mark], **{name: [] for name in NAMES}}
    for name, points in counts.items():
        found[name] = [Series({"instance": instance}, tuple(points.items()))]
    return found


def spans(found: list[tuple[str, float, float, Growth]]) -> list[tuple[float, float, float]]:
    return [(begin, end, grown.generated_tokens) for _, begin, end, grown in found]


def test_between_two_readings_counts_grew() -> None:
    found = growths(told([989, 994, 999], generated_tokens={990: 10, 995: 30, 1000: 70}), UNTIL)
    assert spans(found) == [(989, 994, 20), (994, 999, 40)]


def test_a_sample_that_is_repeated_is_no_reading() -> None:
    # read every 15 s, told every 5 s
    points = {980.0: 10.0, 985.0: 10.0, 990.0: 10.0, 995.0: 55.0, 1000.0: 55.0}
    assert spans(growths(told([979, 994], generated_tokens=points), UNTIL)) == [(979, 994, 45)]


def test_several_readings_within_a_step_are_one() -> None:
    points = {995.0: 10.0, 1000.0: 30.0}
    readings = [991.0, 992.0, 993.0, 994.0, 996.0, 997.0, 999.0]
    assert spans(growths(told(readings, generated_tokens=points), UNTIL)) == [(994, 999, 20)]


def test_a_series_that_begins_was_at_0_while_its_proxy_was_read() -> None:
    found = growths(told([989, 994, 999], generated_tokens={1000: 7}), UNTIL)
    assert spans(found) == [(989, 994, 0), (994, 999, 7)]


def test_over_a_long_silence_nothing_is_known() -> None:
    found = growths(
        told([794, 799, 994, 999], generated_tokens=dict.fromkeys((995, 1000), 5)), UNTIL
    )
    assert [(begin, end) for begin, end, _ in spans(found)] == [(794, 799), (994, 999)]


def test_each_proxy_is_by_itself_and_labels_are_kept() -> None:
    found = told([994, 999], "a", requests={995: 1, 1000: 3})
    other = told([994, 999], "b", requests={995: 10, 1000: 11})
    both: Told = {name: [*found[name], *other[name]] for name in found}
    both["errors"] = [
        Series({"instance": "b", "error_type": "connect"}, ((995.0, 1.0), (1000.0, 2.0)))
    ]
    both["ttft"] = [
        Series({"instance": "b", "le": le}, ((995.0, 0.0), (1000.0, 1.0))) for le in ("0.1", "+Inf")
    ]
    grown = {who: growth for who, _, _, growth in growths(both, UNTIL)}
    assert (grown["a"].requests, grown["a"].errors, grown["a"].ttft) == (2, {}, {})
    assert (grown["b"].requests, grown["b"].errors) == (1, {"connect": 1})
    assert grown["b"].ttft == {0.1: 1, math.inf: 1}


def test_a_proxy_that_began_anew_is_seen() -> None:
    found = growths(told([994, 999], requests={995: 50, 1000: 2}), UNTIL)
    assert [growth.requests for _, _, _, growth in found] == [2]


def test_nobody_was_read() -> None:
    assert growths(told([]), UNTIL) == []
    assert growths({"read_at": [], **{name: [] for name in NAMES}}, UNTIL) == []


def test_questions_are_as_of_one_instant() -> None:
    path = path_of('sum by (le) (x{a="b"})[1200s:5s]', 1234.5678)
    assert parse_qs(urlsplit(path).query) == {
        "query": ['sum by (le) (x{a="b"})[1200s:5s]'],
        "time": ["1234.568"],
    }
    assert "time=" not in path_of("time()")
    assert set(expressions(1200)) == {"read_at", *NAMES}
    assert expressions(1200)["errors"] == (
        "sum by (instance, error_type) (ollama_proxy_errors_total)[1200s:5s]"
    )


def answer(kind: str, result: object) -> bytes:
    document = {"status": "success", "data": {"resultType": kind, "result": result}}
    return json.dumps(document).encode()


def test_answers_of_each_kind_are_read() -> None:
    assert read_answer(answer("scalar", [5.5, "5.5"])) == [Series({}, ((5.5, 5.5),))]
    one = {"metric": {"instance": "p"}, "value": [5, "2"]}
    assert read_answer(answer("vector", [one])) == [Series({"instance": "p"}, ((5, 2),))]
    many = {"metric": {}, "values": [[5, "2"], [10, "NaN"]]}
    assert read_answer(answer("matrix", [many])) == [Series({}, ((5, 2),))]


@pytest.mark.parametrize(
    "pair", [[1, "NaN"], [1, "+Inf"], [math.nan, "1"], [math.inf, "1"], [-1e300, "1"]]
)
def test_what_is_not_finite_in_an_answer_is_left_out(pair: list[object]) -> None:
    found = read_answer(answer("matrix", [{"metric": {}, "values": [pair, [5, "1"]]}]))
    assert found == [Series({}, ((5, 1),))]
    assert read_answer(answer("scalar", pair)) == [Series({}, ())]


def test_instants_that_were_not_asked_for_are_left_out() -> None:
    now = 1.8e9
    found = growths(told([1e-9, 10, now - 9, now - 4, now + 7], generated_tokens={now: 7}), now)
    assert [(begin - now, end - now) for begin, end, _ in spans(found)] == [(-9, -4)]


def test_a_series_without_its_label_is_one_of_an_empty_one() -> None:
    found = told([994, 999])
    found["errors"] = [Series({"instance": "p"}, ((995.0, 0.0), (1000.0, 2.0)))]
    assert [grown.errors for *_, grown in growths(found, UNTIL)] == [{"": 2}]


@pytest.mark.parametrize("labels", [{}, {"le": "abc"}, {"le": "NaN"}])
def test_a_bucket_without_an_edge_is_an_error_of_values(labels: dict[str, str]) -> None:
    found = told([994, 999])
    found["ttft"] = [Series({"instance": "p", **labels}, ((995.0, 0.0),))]
    with pytest.raises(ValueError, match=r"to float|expected the edge of a bucket, found NaN"):
        growths(found, UNTIL)


def test_its_clock_is_one_instant() -> None:
    assert instant_of([Series({}, ((5.5, 5.5),))]) == 5.5
    none: list[list[Series]] = [[], [Series({}, ())], [Series({}, ((0.0, 0.0),))]]
    for series in none:
        with pytest.raises(ValueError, match="expected the time of Prometheus's clock"):
            instant_of(series)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"status": "error", "error": "x"}',
        answer("matrix", [{"metric": {}}]),
        answer("vector", [{"metric": {}, "value": ["x"]}]),
        answer("scalar", None),
        answer("vector", [{"metric": [], "value": [1, "1"]}]),
        answer("vector", {"a": 1}),
        answer("vector", 5),
        answer("matrix", [{"metric": {}, "values": [[1, 2, 3]]}]),
        answer("scalar", [10**400, "1"]),
    ],
)
def test_what_is_no_answer_is_an_error_of_values(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected an answer of Prometheus's"):
        read_answer(body)
