"""What went wrong, what was for nobody, and what only seems right.

Rare things are counted, not told per second: over `${wide}`, which the PromQL shows.
"""

from dashboard.panels.model import Group, Kind, Panel, Query, Unit
from dashboard.panels.queries import (
    P50_P95,
    by_labels_or_model,
    grown,
    objective,
    parted,
    per_model,
    quantiles,
    rate,
    ratio,
    summed,
)
from dashboard.panels.sentences import ASK, COUNTED, NO_REQUEST

GROUP = Group("trust", "Can the answers be trusted?")

_STAYED = 'ollama_proxy_requests_total{status!="499",${requests}}'
_ERRORS = "ollama_proxy_errors_total{${requests}}"
_CUT_SHORT = 'error_type=~"mid_stream|incomplete_stream|gateway_broke_off",${requests}'
_ABORTS = "ollama_proxy_client_aborts_total{${requests}}"
_WASTED = grown("ollama_proxy_wasted_seconds_total{${requests}}")
_USED = grown("ollama_proxy_request_duration_seconds_sum{${requests}}")
_NONE_LEFT = "no client left before its answer was whole"


def _time_for_nobody(*by: str) -> str:
    used, wasted = summed(_USED, *by), summed(_WASTED, *by)
    return f"{wasted} / ({wasted} + ({used} or 0 * {wasted}) > 0)"


PANELS = (
    Panel(
        "errors",
        GROUP.id,
        "Errors by kind",
        Unit.REQUESTS,
        queries=parted(grown(_ERRORS), "error_type"),
        absent="no request failed since the proxy began, as far as Prometheus looks back",
        help="Requests that failed; a client that leaves is no error. `other` is a model that was"
        " not proven, as of most requests that fail." + COUNTED,
    ),
    Panel(
        "error-ratio",
        GROUP.id,
        "Share of requests that failed",
        Unit.RATIO,
        queries=(
            *per_model(lambda *by: ratio(grown(_ERRORS), grown(_STAYED), *by), "failed"),
            objective("1 - ${slo_success_ratio}", "allowed"),
        ),
        absent=NO_REQUEST,
        help="Of those whose client stayed, whoever's fault it was: a client's own mistakes (4xx)"
        " are in it, which the objective does not count. Answers of the cache are requests that did"
        " not fail.",
        most=1.0,
    ),
    Panel(
        "aborts",
        GROUP.id,
        "Clients that left",
        Unit.REQUESTS,
        queries=by_labels_or_model(grown(_ABORTS), "phase"),
        absent=_NONE_LEFT,
        help="By what their request was doing. Without output, waiting and prefill are told apart"
        " by the order of requests." + COUNTED,
    ),
    Panel(
        "wasted-tokens",
        GROUP.id,
        "Tokens for nobody",
        Unit.TOKENS,
        queries=per_model(
            lambda *by: summed(grown("ollama_proxy_wasted_tokens_total{${requests}}"), *by),
            "wasted",
        ),
        absent=_NONE_LEFT,
        help="Generated for clients that left before the end, as far as the answers came."
        + COUNTED,
    ),
    Panel(
        "wasted-time",
        GROUP.id,
        "Time for nobody",
        Unit.RATIO,
        queries=per_model(_time_for_nobody, "wasted"),
        absent=_NONE_LEFT,
        help="The share of the time that requests took in Ollama's hands whose client left; the"
        " rest are requests that were answered.",
        most=1.0,
    ),
    Panel(
        "incomplete",
        GROUP.id,
        "Answers without their end",
        Unit.REQUESTS,
        queries=by_labels_or_model(
            grown(f"ollama_proxy_errors_total{{{_CUT_SHORT}}}"), "error_type"
        ),
        absent="every answer that began came to its end",
        help="They began with 200 and broke off, or ended with an error: clients that look at the"
        " status alone take them for whole." + COUNTED,
    ),
    Panel(
        "truncations",
        GROUP.id,
        "Prompts that seem cut",
        Unit.REQUESTS,
        queries=per_model(
            lambda *by: summed(grown("ollama_proxy_suspected_truncations_total{${requests}}"), *by),
            "suspected",
        ),
        absent="no prompt seemed cut to fit the context",
        help="A suspicion: fewer prompt tokens than the text must have, and as many as a cut"
        " leaves. Ollama says nothing of it." + COUNTED,
    ),
    Panel(
        "stalls",
        GROUP.id,
        "Longest pause in a stream",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_stream_max_gap_seconds"),
        absent=f"no streamed answer ended in this time: {ASK}",
        help="The largest time between two chunks with output, one observation a stream.",
        is_logarithmic=True,
    ),
    Panel(
        "done-reasons",
        GROUP.id,
        "Why answers ended",
        Unit.REQUESTS_PER_SECOND,
        queries=parted(rate("ollama_proxy_done_total{${requests}}"), "reason"),
        absent=f"no answer of a model ended in this time: {ASK}",
        help="`length` is an answer that was cut at its limit of tokens (num_predict, max_tokens)"
        " or at the end of the context.",
        kind=Kind.STACKED,
    ),
    Panel(
        "goodput",
        GROUP.id,
        "Answers whole and in time",
        Unit.RATIO,
        queries=(Query("stack:ollama_proxy_requests:goodput_ratio5m", "in time"),),
        absent=f"no request for an answer ended in five minutes: {ASK}",
        help="The share of the requests for an answer that were answered to the end within"
        " SLO_DURATION_SECONDS; what the answer cache answered has no duration, and is left out."
        " Recorded for the whole stack: filters and the split by model do not apply.",
        most=1.0,
    ),
    Panel(
        "prefill-estimates",
        GROUP.id,
        "How wrong estimates of prefill were",
        Unit.RATIO,
        queries=quantiles("ollama_proxy_prefill_estimate_error_ratio", "${models}", which=P50_P95),
        absent="no prompt took long enough to foretell: half a second and more, of a model that"
        " answered before; or PROXY_INSIGHT is off",
        help="The live table foretells how long a prompt will be read; this is by what part of the"
        " time that it took the estimate was off, too long or too short. The filter of routing does"
        " not apply.",
    ),
    Panel(
        "unmeasured",
        GROUP.id,
        "What could not be measured",
        Unit.COUNT,
        queries=(
            Query(
                summed(grown("ollama_proxy_extraction_errors_total{${routings}}"), "reason"),
                "unreadable: {reason}",
            ),
            Query(
                summed(grown("ollama_proxy_usage_missing_total{${routings}}"), "reason"),
                "without token counts: {reason}",
            ),
            Query(summed(grown("ollama_proxy_label_overflow_total"), "label"), "too many: {label}"),
            Query(summed("increase(ollama_proxy_dropped_values_total[${wide}])"), "dropped"),
        ),
        absent="Prometheus has nothing of the proxy in this time: make status says whether both"
        " run",
        help="What the other panels lack. The traffic itself was not touched. Not told by model:"
        " the filter of models does not apply." + COUNTED,
    ),
)
