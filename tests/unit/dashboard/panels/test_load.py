"""Requests by what became of them, and where their time went."""

from dashboard.panels.load import PANELS
from dashboard.panels.model import Kind, Split

BY_ID = {panel.id: panel for panel in PANELS}


def test_the_time_of_requests_is_stacked_to_a_whole() -> None:
    panel = BY_ID["time-accounting"]
    names = [query.name for query in panel.queries if query.split is Split.TOTAL]
    assert names == ["model load", "prefill", "decode", "wait for a slot", "rest"]
    assert (panel.kind, panel.most) == (Kind.STACKED, 1.0)


def test_every_request_that_ended_is_in_a_band_of_the_outcomes() -> None:
    panel = BY_ID["requests-outcome"]
    total, by_model = (
        [panel.queries[place].name for place in panel.asked(by_model)] for by_model in (False, True)
    )
    assert total == [
        *("answered", "{operation} only", "client left", "{error_type}"),
        "from the answer cache",
    ]
    assert by_model == [f"{{model}} {name}" for name in total]
    assert panel.kind is Kind.STACKED


def test_status_and_waits_are_there() -> None:
    assert {"requests-status", "in-flight", "upstream-wait"} <= set(BY_ID)


def test_what_models_do_adds_up_to_a_whole_and_what_is_not_idle_is_each_models_own() -> None:
    does, busy = BY_ID["model-time"], BY_ID["model-busy"]
    assert [query.name for query in does.queries] == ["{phase}", "{model}"]
    assert [query.name for query in busy.queries] == ["{model}"]
    assert 'phase="idle"' in busy.queries[0].expr and 'phase="idle"' not in does.queries[0].expr
    # what each does is a share of all, too, so that they do not add up to more than that
    shares_of = {query.expr.partition(" / on () ")[2] for query in does.queries}
    assert len(shares_of) == 1 and " by " not in shares_of.pop()
    assert (does.kind, does.most) == (Kind.STACKED, 1.0)
    assert (busy.kind, busy.most) == (Kind.LINES, 1.0)


def test_the_proxys_queue_is_told_by_class_or_by_model() -> None:
    names = [query.name for query in BY_ID["proxy-queue"].queries]
    assert names == ["{priority}", "{model}"]
    assert {"proxy-queue-wait", "proxy-queue-ends"} <= set(BY_ID)
