"""The page shows the result's figures, needs nothing else, and lets nothing be smuggled in."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest

from tests.runs import cancelled, hit, many, missed, refused, result, whole
from traffic.bank.questions import Category
from traffic.page.page import page_of
from traffic.request.attempt import Failure
from traffic.results.drops import Drop
from traffic.results.measures import MEASURES
from traffic.results.results import Result
from traffic.results.slo import Slo
from traffic.results.spreads import STATISTICS, statistic

EVIL = "<script>alert('x')</script>\"&"
SLO = Slo.model_validate(
    {
        "request": {"ttft_seconds": 0.3},
        "run": {"goodput_ratio": 0.99, "error_ratio": 0.5, "ttft_seconds": {"p95": 0.01}},
    }
)


class Page(HTMLParser):
    """Tags, tables by the heading before them, and the exact values of their cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.values: dict[str, list[list[float | None]]] = {}
        self.facts: list[float] = []
        self._heading = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag not in ("meta", "link", "path"):
            self.open.append(tag)
        if tag in ("h2", "h3"):
            self._heading = ""
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])
            self.values.setdefault(self._heading, []).append([])
        if tag in ("td", "th"):
            self.tables[self._heading][-1].append("")
            self.values[self._heading][-1].append(None)
        if tag == "data":
            self._value(float(found["value"] or "nan"))

    def _value(self, value: float) -> None:
        if "td" in self.open:
            self.values[self._heading][-1][-1] = value
        else:
            self.facts.append(value)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h2", "h3"):
            self._heading += data
        elif {"td", "th"} & set(self.open):
            self.tables[self._heading][-1][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def full() -> Result:
    thinking = replace(whole(50, at=1.0), first_output=1003.0, is_valid=True, model="n:2b")
    attempts = [
        replace(whole(90), is_warm_up=True),
        *many(30),
        thinking,
        replace(whole(51, at=2.0, ttft=4.0), is_cold=True, is_valid=False, turn=1),
        refused(52, at=3.0, detail=EVIL),
        cancelled(53, at=4.0),
    ]
    return result(
        attempts,
        drops=[Drop(Category.CODE, "m:1b", 2.0, 2)],
        slo=SLO,
        self_check={"is_valid": False, "reasons": [f"late {EVIL}"], "loop_lag": {"p99": 0.5}},
        server={"ollama": "0.13.1"},
    )


def test_every_figure_of_every_measure_is_that_of_the_result() -> None:
    run = full()
    page = Page(page_of(run))
    rows = {names[0]: row for names, row in zip(*_both(page, "Whole answers"), strict=True)}
    assert set(rows) == {"", *(measure.label for measure in MEASURES)}
    for measure in MEASURES:
        spread = run.summary.spreads[measure.name]
        figures = [statistic(spread, name) for name in STATISTICS]
        assert rows[measure.label][1:] == [spread.count, *figures], measure.name
    assert page.tables["Whole answers"][0] == ["", "n", *STATISTICS]


def _both(page: Page, heading: str) -> tuple[list[list[str]], list[list[float | None]]]:
    return page.tables[heading], page.values[heading]


def test_the_counts_at_the_top_are_those_of_the_result() -> None:
    run = full()
    page = Page(page_of(run))
    summary = run.summary
    assert summary.goodput is not None
    for count in (
        *(summary.ok, summary.failed, summary.cancelled, summary.dropped, summary.warm_up),
        *(summary.prompt_tokens, summary.generated_tokens, summary.requests_per_second),
        *(summary.generated_tokens_per_second, summary.duration_seconds, summary.goodput.good),
    ):
        assert count in page.facts


def test_what_the_operator_noted_stands_at_the_top() -> None:
    text = page_of(result(many(5), note=f"OLLAMA_NUM_PARALLEL=4 {EVIL}"))
    assert "<dt>Note</dt><dd>OLLAMA_NUM_PARALLEL=4 &lt;script" in text
    assert "<dt>Note</dt>" not in page_of(result(many(5)))


def test_what_failed_and_why_stands_at_the_top() -> None:
    text = page_of(result([*many(3), refused(9, detail="server busy")]))
    assert '<span class="bad"><data value="1">1 failed</data></span>' in text
    assert '<p><span class="bad">1 x http_503: server busy</span></p>' in text


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("By category", "categories"),
        ("By model", "models"),
        ("Cold or warm", "loads"),
        ("First turns and later ones", "turns"),
    ],
)
def test_each_group_has_its_own_figures(heading: str, field: str) -> None:
    run = full()
    names, values = _both(Page(page_of(run)), heading)
    groups = getattr(run.summary, field)
    assert [row[0] for row in names[1:]] == list(groups)
    for row, figures in zip(values[1:], groups.values(), strict=True):
        counts = (figures.ok, figures.failed, figures.cancelled, figures.dropped, figures.refused)
        assert row[1:6] == list(counts)
        ttft = figures.spreads.get("ttft_seconds")
        assert row[6:8] == ([ttft.p50, ttft.p95] if ttft else [None, None])


def test_each_objective_has_its_verdict() -> None:
    run = full()
    names, values = _both(Page(page_of(run)), "Objectives")
    assert [(row[0], row[3]) for row in names[1:]] == [
        ("goodput_ratio", "missed"),
        ("error_ratio", "met"),
        ("ttft_seconds p95", "missed"),
    ]
    assert [row[2] for row in values[1:]] == [one.found for one in run.objectives]


def test_an_invalid_run_says_so_before_anything_else() -> None:
    text = page_of(full())
    assert text.index("This run is invalid") < text.index("<dl")
    assert "This run is invalid" not in page_of(result(many(5)))


def test_an_incomplete_run_says_so_before_anything_else() -> None:
    text = page_of(result(many(5), self_check={"lost": [f"killed {EVIL}"]}))
    assert text.index("This run is incomplete") < text.index("<dl")
    assert "This run is invalid" not in text
    assert EVIL not in text
    assert "This run is incomplete" not in page_of(full())


def test_every_plot_has_a_title_a_description_and_a_table() -> None:
    page = Page(page_of(full()))
    plots = [attributes for attributes in page.named("svg") if attributes.get("role") == "img"]
    assert len(plots) == len(page.named("figure")) == len(page.named("figcaption")) == 6
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for plot in plots:
        assert set((plot["aria-labelledby"] or "").split()) <= ids
    headings = ("Time to first token", "Requests in flight", "Gaps between pieces")
    assert all(len(page.tables[heading]) > 2 for heading in headings)


def test_all_tags_are_closed_and_all_ids_different() -> None:
    page = Page(page_of(full()))
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_nothing_is_fetched_and_nothing_runs() -> None:
    text = page_of(full())
    page = Page(text)
    assert page.named("script") == []
    links = [attributes.get("href") for attributes in page.named("link")]
    assert links == ["data:,"]
    assert not re.search(r"@import|url\((?!#)|\bsrc=|\bon\w+=", text)
    policy = page.named("meta")[1]
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_whatever_a_server_or_a_model_says_is_text() -> None:
    run = full()
    run = msgspec.structs.replace(
        run,
        plan=msgspec.structs.replace(run.plan, models=(EVIL,)),
        settings={"model": EVIL, EVIL: [EVIL]},
        versions={EVIL: EVIL},
    )
    text = page_of(run)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 7


def test_a_run_without_an_answer_has_a_page() -> None:
    for attempts in ([], [refused()], [replace(whole(), is_warm_up=True)]):
        assert Page(page_of(result(attempts))).open == []


def test_ways_are_told_where_somebody_asked_for_them() -> None:
    attempts = [replace(one, route="direct") for one in many(3)]
    attempts += [replace(one, route="portkey", has_portkey_sign=True) for one in many(3)]
    run = result(attempts)
    assert "By way" in Page(page_of(run)).tables
    plain = result([*many(3), replace(refused(), failure=Failure.BROKE_OFF, status=None)])
    assert "By way" not in Page(page_of(plain)).tables


def test_a_result_that_is_read_back_makes_the_same_page() -> None:
    run = full()
    back = msgspec.json.decode(msgspec.json.encode(run), type=Result)
    assert page_of(back) == page_of(run)


def test_hits_have_lines_of_their_own_and_what_they_saved_is_told() -> None:
    text = page_of(result([hit(0), missed(1)]))
    rows = {line[0]: line[1] for line in Page(text).tables["Whole answers"] if line}
    assert (rows["TTFT, from sent"], rows["TTFT, from sent, of hits"]) == ("1", "1")
    assert "1 of 2 answers from the cache (50.0 %)" in text
    assert "of hits" not in page_of(result([missed(1)]))
