"""The way through Portkey beside the direct one.

Both ways are always shown, side by side: the filter of routing does not apply here.
"""

from dashboard.panels.model import Group, Kind, Panel, Query, Unit
from dashboard.panels.queries import (
    P50_P95,
    grown,
    per_model,
    quantiles,
    quantiles_by,
    rate,
    ratio,
    summed,
)
from dashboard.panels.sentences import COUNTED, NO_LABELS, NO_ROUTING

GROUP = Group("gateway", "What does the way through Portkey add?")

_OF_MODELS = 'model!="none",${models}'
_ALL = f'ollama_proxy_requests_total{{routing!="cache",{_OF_MODELS}}}'
_PORTKEY = f'ollama_proxy_requests_total{{routing="portkey",{_OF_MODELS}}}'
_DIRECT = f'ollama_proxy_requests_total{{routing="direct",{_OF_MODELS}}}'
_DURATION = "ollama_proxy_request_duration_seconds"
_TTFT = "ollama_proxy_time_to_first_token_seconds"
_GATEWAY = "ollama_proxy_portkey_requests_total{%s}"
_CACHE_SAYS = _GATEWAY % 'cache_status=~"(SEMANTIC )?(HIT|MISS)|REFRESH"'
_CACHE_HIT = _GATEWAY % 'cache_status=~"HIT|SEMANTIC HIT"'
_NONE_THROUGH = "no request took the way through Portkey: make start-with-portkey sends them there"
_NONE_BACK = "no request came back through the return leg: make start-with-portkey has one"
_NONE_ENDED = "no request ended in this time: make traffic-portkey asks ten questions both ways"
_BOTH_WAYS = " Both ways are shown: the filter of routing does not apply."


def _latency(histogram: str, matchers: str) -> tuple[Query, ...]:
    return quantiles(histogram, matchers, "routing", name="{routing}", which=P50_P95)


def _errors(*by: str) -> str:
    return ratio(
        grown('ollama_proxy_errors_total{routing!="cache",${models}}'),
        grown('ollama_proxy_requests_total{routing!="cache",status!="499",${models}}'),
        *by,
        "routing",
    )


PANELS = (
    Panel(
        "portkey-requests",
        GROUP.id,
        "Portkey Requests",
        Unit.REQUESTS_PER_SECOND,
        queries=per_model(lambda *by: summed(rate(_PORTKEY), *by), "through Portkey"),
        absent=_NONE_THROUGH,
        help="Requests to a model that ended per second, of those that went through the gateway."
        + NO_ROUTING,
    ),
    Panel(
        "direct-requests",
        GROUP.id,
        "Direct Requests",
        Unit.REQUESTS_PER_SECOND,
        queries=per_model(lambda *by: summed(rate(_DIRECT), *by), "direct"),
        absent="no request to a model went straight to Ollama: the header X-Route: direct sends"
        " one there",
        help="Requests to a model that ended per second, of those that went straight to Ollama."
        " What asks no model, as a list of them, is left out." + NO_ROUTING,
    ),
    Panel(
        "routing-ratio",
        GROUP.id,
        "Routing Ratio",
        Unit.RATIO,
        queries=per_model(lambda *by: ratio(grown(_PORTKEY), grown(_ALL), *by), "through Portkey"),
        absent=_NONE_ENDED,
        help="The share of requests to a model that went through Portkey, of those that went to"
        " Ollama; 0 while all of them go directly." + _BOTH_WAYS,
        most=1.0,
    ),
    Panel(
        "routing-latency",
        GROUP.id,
        "Routing Latency",
        Unit.SECONDS,
        queries=_latency(_DURATION, _OF_MODELS),
        absent="no request to a model was answered whole in this time: make traffic-portkey asks"
        " ten questions both ways",
        help="Duration of answered requests, by the way they took. Only like compares with like:"
        " split by model, and see what was asked." + _BOTH_WAYS,
        is_logarithmic=True,
    ),
    Panel(
        "routing-ttft",
        GROUP.id,
        "Time to first token, by way",
        Unit.SECONDS,
        queries=_latency(_TTFT, "${models}"),
        absent="no streamed answer began in this time: make traffic-portkey asks ten questions"
        " both ways",
        help="Compares better than the duration, as answers differ in length." + _BOTH_WAYS,
        is_logarithmic=True,
    ),
    Panel(
        "portkey-difference",
        GROUP.id,
        "What the way through Portkey adds",
        Unit.SECONDS,
        queries=(
            Query(
                f"model:{_TTFT}:portkey_minus_direct_mean5m{{${{models}}}}",
                "{model} to first token",
            ),
            Query(
                f"endpoint_model:{_DURATION}:portkey_minus_direct_mean5m{{${{models}}}}",
                "{model} {endpoint}",
            ),
        ),
        absent="not both ways had requests within five minutes: make traffic-portkey asks ten"
        " questions both ways",
        help="Mean through Portkey less mean directly, by model and, of the duration, by what was"
        " asked. Negative where the direct way took longer." + _BOTH_WAYS,
    ),
    Panel(
        "gateway-overhead",
        GROUP.id,
        "Gateway overhead",
        Unit.SECONDS,
        queries=quantiles_by("ollama_proxy_portkey_overhead_seconds", ""),
        absent=_NONE_BACK,
        help="The gateway's own time in a request, its waits between attempts among it; neither"
        " Ollama's nor the proxy's." + NO_LABELS,
        is_logarithmic=True,
    ),
    Panel(
        "routing-errors",
        GROUP.id,
        "Failures, by way",
        Unit.RATIO,
        queries=per_model(_errors, "{routing}"),
        absent=_NONE_ENDED,
        help="The share of requests that failed, of those whose client stayed." + _BOTH_WAYS,
        most=1.0,
    ),
    Panel(
        "gateway-detours",
        GROUP.id,
        "Around the gateway",
        Unit.REQUESTS,
        queries=(
            Query(
                summed(grown("ollama_proxy_portkey_bypasses_total"), "reason"),
                "went directly: {reason}",
            ),
            Query(
                summed(grown("ollama_proxy_portkey_fallbacks_total"), "reason"),
                "fell back: {reason}",
            ),
            Query(summed(grown("ollama_proxy_portkey_retries_total")), "retries"),
            Query(summed(grown("ollama_proxy_portkey_retries_exhausted_total")), "retried in vain"),
        ),
        absent=_NONE_THROUGH,
        help="Requests that went directly although Portkey was asked for, that fell back, and what"
        " the gateway tried again." + NO_LABELS + COUNTED,
    ),
    Panel(
        "gateway-attempts",
        GROUP.id,
        "Attempts by request",
        Unit.COUNT,
        queries=(
            Query("stack:ollama_proxy_portkey_attempts_per_requests:ratio_rate5m", "attempts"),
        ),
        absent=_NONE_BACK,
        help="How often the gateway asked an Ollama for each of its requests: 1 without retries"
        " and fallbacks. Recorded over five minutes." + NO_LABELS,
    ),
    Panel(
        "gateway-cache",
        GROUP.id,
        "Answers from the gateway's cache",
        Unit.RATIO,
        queries=(Query(ratio(grown(_CACHE_HIT), grown(_CACHE_SAYS)), "from the cache"),),
        absent="the gateway's configuration has no cache, or it does not tell of it",
        help="Of the requests of which the gateway says whether its cache had them." + NO_LABELS,
        most=1.0,
    ),
    Panel(
        "gateway-answers",
        GROUP.id,
        "The gateway's answers",
        Unit.REQUESTS_PER_SECOND,
        queries=(
            Query(summed(rate(_GATEWAY % ""), "status", "target"), "{status}, target {target}"),
        ),
        absent=_NONE_THROUGH,
        help="By status and by the target of its configuration that answered; `none` where it gave"
        " no answer or made it up itself." + NO_LABELS,
        kind=Kind.STACKED,
    ),
)
