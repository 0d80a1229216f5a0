import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from stack.top.reading import PageReader


def page_of(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_what_the_official_client_writes_is_read_to_the_last_label() -> None:
    registry = CollectorRegistry()
    odd = 'a"b\\c\nd é\u2028e'
    Counter("done", "Help.", ["model"], registry=registry).labels(odd).inc(3)
    Gauge("size_bytes", "Help.", registry=registry).set(2.5e9)
    histogram = Histogram("wait_seconds", "Help.", buckets=(0.1, 1), registry=registry)
    histogram.observe(0.5)
    reader = PageReader(("done_total", "size_bytes", "wait_seconds_bucket"))
    for _ in range(2):  # the second page is read by what is known of the first
        scrape = reader.read(generate_latest(registry))
        assert scrape.series("done_total") == [({"model": odd}, 3.0)]
        assert scrape.value("size_bytes") == 2.5e9
        assert scrape.by("le", "wait_seconds_bucket") == {"0.1": 0.0, "1.0": 1.0, "+Inf": 1.0}


def test_only_wanted_samples_are_read_and_no_others_of_a_like_name() -> None:
    reader = PageReader(("a_total",))
    scrape = reader.read(page_of("a_total 1", "a_total_b 2", 'a_total{x="1"} 4', "# HELP a_total"))
    assert scrape.total("a_total") == 5
    assert scrape.value("a_total_b") is None


def test_a_value_that_changed_is_read_again_and_a_series_that_went_is_gone() -> None:
    reader = PageReader(("a",))
    first = reader.read(page_of('a{x="1"} 1', 'a{x="2"} 2'))
    second = reader.read(page_of('a{x="2"} 7'))
    assert first.by("x", "a") == {"1": 1, "2": 2}
    assert second.by("x", "a") == {"2": 7}


def test_a_timestamp_is_no_value() -> None:
    reader = PageReader(("a",))
    for value in (1.0, 2.0):
        assert reader.read(page_of(f'a{{x="1"}} {value} 1700000000000')).value("a") == value


def test_labels_choose_among_the_series() -> None:
    scrape = PageReader(("a",)).read(page_of('a{x="1",y="u"} 1', 'a{x="1",y="v"} 2', 'a{x="2"} 4'))
    assert scrape.value("a", x="1", y="v") == 2
    assert scrape.total("a", x="1") == 3
    assert scrape.by("x", "a") == {"1": 3, "2": 4}
    assert scrape.by("y", "a", x="1") == {"u": 1, "v": 2}
    assert scrape.label("y", "a") == "u"
    assert scrape.label("y", "b") is None
    assert scrape.value("a", x="3") is None
    assert scrape.total("b") == 0


@pytest.mark.parametrize("number", ["NaN", "+Inf", "-Inf", "1e999", "1e300", "9" * 400])
def test_what_is_not_finite_is_left_out(number: str) -> None:
    reader = PageReader(("a",))
    for _ in range(2):  # the second page is read by what is known of the first
        scrape = reader.read(page_of(f'a{{x="1"}} {number}', 'a{x="2"} 3'))
        assert scrape.by("x", "a") == {"2": 3}


def test_an_edge_may_be_infinite() -> None:
    scrape = PageReader(("a_bucket",)).read(page_of('a_bucket{le="+Inf"} 3'))
    assert scrape.by("le", "a_bucket") == {"+Inf": 3}


@pytest.mark.parametrize("page", [b"a{ 1\n", b"a x\n", b"a \xff\n"])
def test_what_is_not_in_the_format_is_an_error_of_values(page: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PageReader(("a",)).read(page)
