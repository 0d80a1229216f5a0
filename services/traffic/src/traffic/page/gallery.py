"""Which charts a page has: those for which there is something to show. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from traffic.page import timelines
from traffic.page.chart import Chart, Run
from traffic.page.distribution_charts import curves, gaps
from traffic.page.time_charts import failures, in_flight, tokens, ttft
from traffic.request.attempt import Attempt
from traffic.results.drops import Drop
from traffic.results.summary import Summary


def gallery(attempts: Sequence[Attempt], drops: Sequence[Drop], summary: Summary) -> list[Chart]:
    """The charts of a run, in their order on the page."""
    measured = [attempt for attempt in attempts if not attempt.is_warm_up]
    if not measured:
        return []
    began = min(attempt.scheduled for attempt in measured)
    seconds = max(timelines.ended(attempt) for attempt in measured) - began
    since = 0.0 if summary.kept is None else summary.kept.since_seconds
    dropped = [
        replace(one, at_seconds=one.at_seconds - since) for one in drops if one.at_seconds >= since
    ]
    # what a cache answered says nothing of the model: it is only in what was in flight
    whole = [one for one in measured if one.is_ok and not one.is_hit]
    run = Run(measured, whole, dropped, began, seconds, summary)
    made = (ttft(run), curves(run), gaps(run), in_flight(run), tokens(run), failures(run))
    return [chart for chart in made if chart is not None]
