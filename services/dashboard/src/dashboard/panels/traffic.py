"""What the traffic worker's clients see, beside what the proxy does."""

from dashboard.panels.model import Group, Kind, Panel, Query, Role, Unit
from dashboard.panels.queries import (
    P50_P95,
    averaged_while_there,
    grown,
    objective,
    parted,
    per_model,
    quantiles,
    quantiles_by,
    rate,
    ratio,
    summed,
)

GROUP = Group("traffic", "What do clients see?")

LATE_SECONDS = 0.01
"""Above it the generator did not keep up, and its figures are its own."""

_NO_WORKER = (
    "the traffic worker asked nothing in this time: make start TRAFFIC=on starts it, make "
    "traffic-start has it ask"
)
_BESIDE = (
    " The worker's are of its own whole answers, the proxy's of all its clients: they compare while"
    " the worker is alone, or for a model that only it asks. Answers of the cache are in neither."
)
_ITS_OWN = " Not told by model or routing: filters do not apply."
_SEEN_BY = (("traffic", "clients"), ("ollama_proxy", "proxy"))
_OF_MODELS = {"ollama_proxy_request_duration_seconds": 'model!="none",${requests}'}
"""The proxy's has requests to no model in it, which no client of the worker makes."""
_OF_CLIENTS = 'routing!="cache",${requests}'
"""A recorded answer is in the clients' figures alone: the proxy's are of the models."""


def _matchers(whose: str, name: str) -> str:
    return _OF_CLIENTS if whose == "traffic" else _OF_MODELS.get(name, "${requests}")


def _beside(what: str) -> tuple[Query, ...]:
    """The same histogram as clients and as the proxy have it."""
    return tuple(
        query
        for whose, seen_by in _SEEN_BY
        for query in quantiles(
            f"{whose}_{what}",
            _matchers(whose, f"{whose}_{what}"),
            name=seen_by,
            which=P50_P95,
        )
    )


PANELS = (
    Panel(
        "client-ttft",
        GROUP.id,
        "Time to first token, clients and proxy",
        Unit.SECONDS,
        queries=_beside("time_to_first_token_seconds"),
        absent=_NO_WORKER,
        help="What the clients' has more is the way to the proxy." + _BESIDE,
        is_logarithmic=True,
    ),
    Panel(
        "client-duration",
        GROUP.id,
        "Request duration, clients and proxy",
        Unit.SECONDS,
        queries=_beside("request_duration_seconds"),
        absent=_NO_WORKER,
        help="From right before the request is sent, or fully read, to the end of its answer;"
        " requests to no model are left out." + _BESIDE,
        is_logarithmic=True,
    ),
    Panel(
        "client-tpot",
        GROUP.id,
        "Time per output token, clients and proxy",
        Unit.SECONDS,
        queries=_beside("time_per_output_token_seconds"),
        absent=_NO_WORKER,
        help="(last chunk with output - first) / (generated tokens - 1), at either end of one"
        " connection." + _BESIDE,
    ),
    Panel(
        "client-outcomes",
        GROUP.id,
        "What became of the questions",
        Unit.REQUESTS_PER_SECOND,
        queries=parted(rate("traffic_requests_total{${requests}}"), "outcome"),
        absent=_NO_WORKER,
        help="As the client saw it, answers of the cache among them; without warm-up.",
        kind=Kind.STACKED,
    ),
    Panel(
        "client-tokens",
        GROUP.id,
        "Tokens generated, clients and proxy",
        Unit.TOKENS_PER_SECOND,
        queries=tuple(
            query
            for whose, seen_by in _SEEN_BY
            for query in per_model(
                lambda *by, whose=whose: summed(
                    rate(
                        f"{whose}_generated_tokens_total{{{_matchers(whose, '')}}}",
                        "wide",
                    ),
                    *by,
                ),
                seen_by,
            )
        ),
        absent=_NO_WORKER,
        help="The clients' come with the end of an answer, the proxy's as it streams." + _BESIDE,
    ),
    Panel(
        "client-schedule",
        GROUP.id,
        "Schedule kept",
        Unit.REQUESTS_PER_SECOND,
        queries=(
            Query("sum(traffic_target_rate) > 0", "wanted", Role.THRESHOLD),
            Query(summed(rate("traffic_requests_total", "wide")), "done"),
            Query(summed(rate("traffic_dropped_questions_total", "wide")), "not asked"),
        ),
        absent=_NO_WORKER,
        help="Questions a second that the schedule wants, where there is one, and how many ended."
        " Not asked were those that were due while TRAFFIC_MAX_IN_FLIGHT others were in flight."
        + _ITS_OWN,
    ),
    Panel(
        "client-in-flight",
        GROUP.id,
        "Clients in flight, by category",
        Unit.REQUESTS,
        queries=(
            Query(
                summed(
                    averaged_while_there("traffic_in_flight_requests", "traffic_running"),
                    "category",
                ),
                "{category}",
            ),
        ),
        absent=_NO_WORKER,
        help="Of the worker's own, warm-up among them." + _ITS_OWN,
        kind=Kind.STACKED,
    ),
    Panel(
        "client-delay",
        GROUP.id,
        "How late questions went out",
        Unit.SECONDS,
        queries=(
            *quantiles_by("traffic_send_delay_seconds", ""),
            objective(f"{LATE_SECONDS}", "too late to measure"),
        ),
        absent=_NO_WORKER,
        help="Above the line the generator did not keep up, and its figures are its own."
        + _ITS_OWN,
        is_logarithmic=True,
    ),
    Panel(
        "client-checks",
        GROUP.id,
        "Answers that their check refused",
        Unit.RATIO,
        queries=(
            Query(
                ratio(
                    grown("traffic_invalid_answers_total"),
                    grown("traffic_checked_answers_total"),
                    "category",
                ),
                "{category}",
            ),
        ),
        absent=_NO_WORKER,
        help="The share, of whole answers whose question has a check." + _ITS_OWN,
        most=1.0,
    ),
)
