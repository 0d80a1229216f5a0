"""How much is asked, and where the time goes."""

from dashboard.panels.model import Group, Kind, Panel, Query, Split, Unit
from dashboard.panels.queries import (
    P50_P95,
    averaged,
    averaged_while_there,
    grown,
    parted,
    per_model,
    quantiles,
    rate,
    summed,
)

GROUP = Group("load", "How much is asked, and where does the time go?")

_ACTIVE = "ollama_proxy_active_requests{${requests}}"
_REQUESTS = rate("ollama_proxy_requests_total{${requests}}")
_NO_REQUEST = "no request ended in this time: make traffic-quick asks ten questions"
_NO_NATIVE = (
    "no answer of Ollama's own formats ended in this time: OpenAI's and Anthropic's carry no "
    "durations; make traffic-quick asks ten questions"
)

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

_IN, _OUT = 'type="input",${requests}', 'type="output",${requests}'


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


def _sizes(matchers: str, name: str) -> tuple[Query, ...]:
    return quantiles("ollama_proxy_request_tokens", matchers, name=name, which=P50_P95)


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
_NO_INSIGHT = (
    "no model was asked anything since the proxy began, or PROXY_INSIGHT is off: make traffic-quick"
    " asks ten questions"
)
_NO_QUEUE = "the proxy has no queue of its own (PROXY_QUEUE), or nobody asked anything in this time"
_NO_WAY = " The filter of routing does not apply."


def _per_priority(series: str) -> tuple[Query, Query]:
    """By class, or by model."""
    return (
        Query(summed(series, "priority"), "{priority}", split=Split.TOTAL),
        Query(summed(series, "model"), "{model}", split=Split.MODEL),
    )


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
        absent=_NO_REQUEST,
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
        absent=_NO_REQUEST,
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
        absent=_NO_NATIVE,
        help="Inside Ollama, as it reports it: total - load - prefill - decode. It rises when more"
        " is asked at once than OLLAMA_NUM_PARALLEL.",
        is_logarithmic=True,
    ),
    Panel(
        "proxy-queue",
        GROUP.id,
        "Waiting in the proxy's queue",
        Unit.REQUESTS,
        queries=_per_priority(
            averaged_while_there(
                "ollama_proxy_queue_waiting_requests{${models}}", "ollama_proxy_queue_limit"
            )
        ),
        absent=_NO_QUEUE,
        help="Mean over the window, by class. Those that have their turn are in flight as ever."
        + _NO_WAY,
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
        " first token." + _NO_WAY,
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
        " it took too long (`timeout`)." + _NO_WAY,
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
        " model: what of it each was not idle." + _NO_WAY,
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
        " for." + _NO_WAY,
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
        absent=_NO_NATIVE,
        help="Shares of the duration of requests in Ollama's own formats, the only ones that say"
        " where it went. The rest is the way there and back, the gateway, and what Ollama does not"
        " account for. By model: whose requests the time was.",
        kind=Kind.STACKED,
        most=1.0,
    ),
    Panel(
        "tokens-in-out",
        GROUP.id,
        "Tokens in and out",
        Unit.TOKENS_PER_SECOND,
        queries=(
            *per_model(
                lambda *by: summed(rate("ollama_proxy_prompt_tokens_total{${requests}}"), *by),
                "prompts",
            ),
            *per_model(
                lambda *by: summed(rate("ollama_proxy_generated_tokens_total{${requests}}"), *by),
                "generated",
            ),
            *per_model(
                lambda *by: summed(
                    rate("ollama_proxy_cached_prompt_tokens_total{${requests}}"), *by
                ),
                "of prompts, from Ollama's cache",
            ),
        ),
        absent="no answer with token counts ended in this time: make traffic-quick asks ten"
        " questions",
        help="As Ollama counts them. Prompts are counted at the end of a request, with what came"
        " from Ollama's own cache, which is absent where Ollama does not tell of it. What the"
        " answer cache spared is in neither.",
    ),
    Panel(
        "cached-prompts",
        GROUP.id,
        "Prompt tokens from Ollama's cache",
        Unit.RATIO,
        queries=per_model(
            lambda *by: (
                f"{summed(grown('ollama_proxy_cached_prompt_tokens_total{${requests}}'), *by)} / ("
                f"{summed(grown('ollama_proxy_prompt_tokens_total{${requests}}'), *by)} > 0)"
            ),
            "cached",
        ),
        absent="Ollama did not say how much of a prompt it had in its cache",
        help="The share of prompt tokens that were not evaluated again.",
        most=1.0,
    ),
    Panel(
        "request-tokens",
        GROUP.id,
        "Length of prompts and answers",
        Unit.TOKENS,
        queries=(
            *_sizes(_IN, "prompt"),
            *_sizes(_OUT, "answer"),
        ),
        absent="no answer with token counts ended in this time: make traffic-quick asks ten"
        " questions",
        help="Tokens of one request. Buckets are four times as wide as the one before: between"
        " their edges these are estimates.",
        is_logarithmic=True,
    ),
    Panel(
        "users",
        GROUP.id,
        "Tokens by user",
        Unit.TOKENS_PER_SECOND,
        queries=(
            Query(summed(rate("ollama_proxy_user_tokens_total{${routings}}"), "user"), "{user}"),
        ),
        absent="users are told apart only where PROXY_API_KEYS_FILE, PROXY_TRUSTED_ADDRESSES,"
        " PROXY_USER_HEADER or PROXY_USER_ALIASES_FILE says by what",
        help="Tokens in and out. Users are aliases or hashes, never keys. Not told by model: the"
        " filter of models does not apply.",
        kind=Kind.STACKED,
    ),
)
