"""How much is asked, and where the time goes."""

from dashboard.panels.model import Group, Kind, Panel, Query, Split, Unit
from dashboard.panels.queries import (
    averaged,
    averaged_while_there,
    by_labels_or_model,
    grown,
    parted,
    per_model,
    quantiles,
    rate,
    summed,
)
from dashboard.panels.sentences import ASK, NO_NATIVE, NO_REQUEST, NO_ROUTING

GROUP = Group("load", "How much is asked, and where does the time go?")

_ACTIVE = "ollama_proxy_active_requests{${requests}}"
_REQUESTS = rate("ollama_proxy_requests_total{${requests}}")
_NATIVE = 'endpoint=~"/api/(chat|generate|embed|embeddings)",${requests}'
_ALL_TIME = grown(f"ollama_proxy_request_duration_seconds_sum{{{_NATIVE}}}")
_TIMES = {
    "model load": grown("ollama_proxy_model_load_duration_seconds_sum{${requests}}"),
    "prefill": grown("ollama_proxy_prefill_duration_seconds_sum{${requests}}"),
    "decode": grown("ollama_proxy_decode_duration_seconds_sum{${requests}}"),
    "wait for a slot": grown("ollama_proxy_upstream_wait_seconds_sum{${requests}}"),
}
_KNOWN_TIME = " + ".join(f"(sum({part}) or vector(0))" for part in _TIMES.values())
_REST = f"clamp_min(1 - ({_KNOWN_TIME}) / (sum({_ALL_TIME}) > 0), 0)"
_MODELS_TIME = f"{summed(_ALL_TIME, 'model')} / on () group_left () (sum({_ALL_TIME}) > 0)"

_ENDED = (
    ("answered", "request_duration_seconds_count"),
    ("{operation} only", "model_operations_total", "operation"),
    ("client left", "client_aborts_total"),
    ("{error_type}", "errors_total", "error_type"),
)
"""Outcomes with the proxy's counter of each and its labels: every request that ended is in one, or
was answered by the cache."""
_HITS = rate('ollama_proxy_requests_total{routing="cache",status!="499",${requests}}')
_HITS_THAT_FAILED = rate('ollama_proxy_errors_total{routing="cache",${requests}}')


def _outcome(name: str, counter: str, *labels: str) -> tuple[Query, Query]:
    ended = rate(f"ollama_proxy_{counter}{{${{requests}}}}")
    return per_model(lambda *by: summed(ended, *by, *labels), name)


def _from_the_cache(*by: str) -> str:
    """Whole answers that were there already, which enter no duration."""
    hits = summed(_HITS, *by)
    return f"{hits} - ({summed(_HITS_THAT_FAILED, *by)} or 0 * {hits})"


_PHASES = rate("ollama_proxy_model_phase_seconds_total{${models}}")
_ALL_PHASES = f"on () group_left () (sum({_PHASES}) > 0)"
_IDLE = rate('ollama_proxy_model_phase_seconds_total{phase="idle",${models}}')
_NO_INSIGHT = f"no model was asked anything since the proxy began, or PROXY_INSIGHT is off: {ASK}"
_NO_QUEUE = "the proxy has no queue of its own (PROXY_QUEUE), or nobody asked anything in this time"


PANELS = (
    Panel(
        "requests-outcome",
        GROUP.id,
        "Requests by outcome",
        Unit.REQUESTS_PER_SECOND,
        queries=(
            *(query for ended in _ENDED for query in _outcome(*ended)),
            *per_model(_from_the_cache, "from the answer cache"),
        ),
        absent=NO_REQUEST,
        help="Every request that ended is in one band; answered are those that Ollama worked for."
        " By model: `other` are those that no model was proven for, as of most that failed.",
        kind=Kind.STACKED,
    ),
    Panel(
        "requests-status",
        GROUP.id,
        "Requests by status",
        Unit.REQUESTS_PER_SECOND,
        queries=parted(_REQUESTS, "status"),
        absent=NO_REQUEST,
        help="As it was sent to the client, answers of the cache among them; 499 where the client"
        " left first. An answer that failed after it had begun has 200: see the outcome.",
        kind=Kind.STACKED,
    ),
    Panel(
        "in-flight",
        GROUP.id,
        "In flight, by phase or by model",
        Unit.REQUESTS,
        queries=(
            Query(
                summed(averaged("ollama_proxy_inflight_phase_requests{${routings}}"), "phase"),
                "{phase}",
                split=Split.TOTAL,
            ),
            Query(
                summed(
                    averaged_while_there(_ACTIVE, "ollama_proxy_inflight_phase_requests"), "model"
                ),
                "{model}",
                split=Split.MODEL,
            ),
        ),
        absent="Prometheus has nothing of the proxy in this time: make status says whether both"
        " run",
        help="Mean over the window. Waiting and prefill look alike from outside: they are derived"
        " from OLLAMA_NUM_PARALLEL and the order of requests. Phases are not told by model: in"
        " total the filter of models does not apply.",
        kind=Kind.STACKED,
    ),
    Panel(
        "upstream-wait",
        GROUP.id,
        "Wait for a slot",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_upstream_wait_seconds"),
        absent=NO_NATIVE,
        help="Inside Ollama, as it reports it: total - load - prefill - decode. It rises when more"
        " is asked at once than OLLAMA_NUM_PARALLEL.",
        is_logarithmic=True,
    ),
    Panel(
        "proxy-queue",
        GROUP.id,
        "Waiting in the proxy's queue",
        Unit.REQUESTS,
        queries=by_labels_or_model(
            averaged_while_there(
                "ollama_proxy_queue_waiting_requests{${models}}", "ollama_proxy_queue_limit"
            ),
            "priority",
        ),
        absent=_NO_QUEUE,
        help="Mean over the window, by class. Those that have their turn are in flight as ever."
        + NO_ROUTING,
        kind=Kind.STACKED,
    ),
    Panel(
        "proxy-queue-wait",
        GROUP.id,
        "Wait in the proxy's queue",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_queue_wait_seconds", "${models}"),
        absent=_NO_QUEUE,
        help="Of requests whose turn came, 0 where there was room at once. It is in their time to"
        " first token." + NO_ROUTING,
        is_logarithmic=True,
    ),
    Panel(
        "proxy-queue-ends",
        GROUP.id,
        "What became of them in the queue",
        Unit.REQUESTS_PER_SECOND,
        queries=parted(rate("ollama_proxy_queue_requests_total{${models}}"), "result"),
        absent=_NO_QUEUE,
        help="`at_once` and `waited` had their turn; of the others the client left, or they were"
        " answered 503: there was no room to wait (`full`), another took theirs (`displaced`), or"
        " it took too long (`timeout`)." + NO_ROUTING,
        kind=Kind.STACKED,
    ),
    Panel(
        "model-time",
        GROUP.id,
        "What models do",
        Unit.RATIO,
        queries=(
            Query(f"{summed(_PHASES, 'phase')} / {_ALL_PHASES}", "{phase}", split=Split.TOTAL),
            Query(
                f"({summed(_PHASES, 'model')} - {summed(_IDLE, 'model')}) / {_ALL_PHASES}",
                "{model}",
                split=Split.MODEL,
            ),
        ),
        absent=_NO_INSIGHT,
        help="Shares of wall-clock time of all models together, from when the proxy first saw each."
        " A model does one thing at a time, that of the most productive of its requests. By"
        " model: what of it each was not idle." + NO_ROUTING,
        kind=Kind.STACKED,
        most=1.0,
    ),
    Panel(
        "model-busy",
        GROUP.id,
        "How busy models are",
        Unit.RATIO,
        queries=(
            Query(f"1 - {summed(_IDLE, 'model')} / ({summed(_PHASES, 'model')} > 0)", "{model}"),
        ),
        absent=_NO_INSIGHT,
        help="The share of each model's time in which it was not idle: what its capacity is used"
        " for." + NO_ROUTING,
        most=1.0,
    ),
    Panel(
        "time-accounting",
        GROUP.id,
        "Where the time of requests goes",
        Unit.RATIO,
        queries=(
            *(
                Query(
                    f"clamp_max(sum({part}) / (sum({_ALL_TIME}) > 0), 1)", name, split=Split.TOTAL
                )
                for name, part in _TIMES.items()
            ),
            Query(_REST, "rest", split=Split.TOTAL),
            Query(_MODELS_TIME, "{model}", split=Split.MODEL),
        ),
        absent=NO_NATIVE,
        help="Shares of the duration of requests in Ollama's own formats, the only ones that say"
        " where it went. The rest is the way there and back, the gateway, and what Ollama does not"
        " account for. By model: whose requests the time was.",
        kind=Kind.STACKED,
        most=1.0,
    ),
)
