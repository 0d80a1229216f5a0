"""What the proxy's answer cache does: how often it has an answer, and what that spares Ollama.

Hits take no way to Ollama, and enter no figure of the models: the filter of routing does not apply.
"""

from dashboard.panels.model import Group, Kind, Panel, Query, Split, Unit
from dashboard.panels.queries import (
    P50_P95,
    averaged,
    grown,
    parted,
    per_model,
    quantiles_by,
    rate,
    ratio,
    summed,
)
from dashboard.panels.sentences import COUNTED, NO_LABELS, NO_ROUTING

GROUP = Group("cache", "What is answered without Ollama?")

_LOOKUPS = "ollama_proxy_cache_lookups_total{%s${models}}"
_HITS = _LOOKUPS % 'result=~"hit|semantic_hit|shared",'
_LOOKED_FOR = _LOOKUPS % 'result=~"hit|semantic_hit|shared|miss",'
_TOKENS = "ollama_proxy_cache_saved_tokens_total{${models}}"
_SECONDS = "ollama_proxy_cache_saved_seconds_total{${models}}"
_OFF = "the answer cache is off: PROXY_CACHE=simple turns it on"
_NONE_LOOKED = f"no answer was looked for in this time, or {_OFF}"
_NONE_SAVED = f"no recorded answer was given yet, or {_OFF}"


def _held(gauge: str) -> str:
    """What is kept: of a server that several proxies share each tells all of it."""
    of_server = 'on (instance) ollama_proxy_cache_info{store="server"}'
    return f"max({averaged(gauge)} and {of_server}) or sum({averaged(gauge)})"


def _by_result(histogram: str) -> tuple[Query, ...]:
    return quantiles_by(histogram, "", "result", name="{result}", which=P50_P95)


PANELS = (
    Panel(
        "cache-hits",
        GROUP.id,
        "Answers from the cache",
        Unit.RATIO,
        queries=per_model(lambda *by: ratio(grown(_HITS), grown(_LOOKED_FOR), *by), "hits"),
        absent=_NONE_LOOKED,
        help="The share of requests whose answer was there, recorded (hit, semantic_hit) or just"
        " being given to another (shared), of those that one was looked for. Clients that wanted a"
        " new answer (refresh), and what could not be looked for (disabled), are in neither."
        + NO_ROUTING,
        most=1.0,
    ),
    Panel(
        "cache-looks",
        GROUP.id,
        "Looks into the cache",
        Unit.REQUESTS_PER_SECOND,
        queries=parted(rate(_LOOKUPS % ""), "result"),
        absent=_NONE_LOOKED,
        help="By what became of them: hit, semantic_hit and shared spared Ollama; miss, refresh and"
        " disabled went there." + NO_ROUTING,
        kind=Kind.STACKED,
    ),
    Panel(
        "cache-tokens",
        GROUP.id,
        "Tokens saved",
        Unit.TOKENS_PER_SECOND,
        queries=parted(rate(_TOKENS), "type"),
        absent=_NONE_SAVED,
        help="Of prompts that Ollama did not read again (input) and of answers that it did not"
        " write again (output), by its own count when they were recorded." + NO_ROUTING,
        kind=Kind.STACKED,
    ),
    Panel(
        "cache-seconds",
        GROUP.id,
        "Time saved",
        Unit.SECONDS,
        queries=per_model(lambda *by: summed(grown(_SECONDS), *by), "saved"),
        absent=_NONE_SAVED,
        help="How long Ollama had taken for the answers that were given again, when they were"
        " recorded." + NO_ROUTING + COUNTED,
    ),
    Panel(
        "cache-joules",
        GROUP.id,
        "Power saved",
        Unit.WATTS,
        queries=(
            Query(
                "sum(model:ollama_energy_joules:cache_saved_rate5m{${models}})",
                "saved",
                split=Split.TOTAL,
            ),
            Query(
                "model:ollama_energy_joules:cache_saved_rate5m{${models}}",
                "{model}",
                split=Split.MODEL,
            ),
        ),
        absent="no recorded answer was given, or what a token of its model adds to idling was not"
        f" known within a day, or {_OFF}",
        help="Joules that the spared answers' tokens would have taken, per second: each at what a"
        " token of its model last added to idling within a day. Models of which that is not known"
        " are left out. Recorded over five minutes." + NO_ROUTING,
    ),
    Panel(
        "cache-entries",
        GROUP.id,
        "Answers kept",
        Unit.COUNT,
        queries=(Query(_held("ollama_proxy_cache_entries"), "answers"),),
        absent=_OFF,
        help="How many answers the cache holds, as it says every few seconds. Stores of several"
        " processes are added, a server that they share is counted once." + NO_LABELS,
    ),
    Panel(
        "cache-size",
        GROUP.id,
        "Room that answers take",
        Unit.BYTES,
        queries=(Query(_held("ollama_proxy_cache_size_bytes"), "answers"),),
        absent=_OFF,
        help="What the kept answers take; at PROXY_CACHE_MAX_BYTES the least recently used go. Each"
        " process has as much where answers are kept in memory." + NO_LABELS,
    ),
    Panel(
        "cache-changes",
        GROUP.id,
        "Answers kept and gone",
        Unit.COUNT,
        queries=(
            # a counter without labels is there, and 0, also while the cache is off
            Query(
                f"{summed(grown('ollama_proxy_cache_stored_total'))}"
                " and on () ollama_proxy_cache_info",
                "kept",
            ),
            Query(summed(grown("ollama_proxy_cache_evictions_total"), "cause"), "gone: {cause}"),
        ),
        absent=_OFF,
        help="Gone were those that had to make room (entries, bytes), became too old (age), were"
        " answered anew (replaced), or were cleared." + NO_LABELS + COUNTED,
    ),
    Panel(
        "cache-not-kept",
        GROUP.id,
        "Answers not kept",
        Unit.COUNT,
        queries=(
            Query(summed(grown("ollama_proxy_cache_not_stored_total"), "reason"), "{reason}"),
        ),
        absent=_OFF,
        help="Answers without success (status) or without their end (incomplete), compressed"
        " (encoded) or too_long ones, loads and unloads (operation), and what its client did not"
        " want kept (not_wanted)." + NO_LABELS + COUNTED,
    ),
    Panel(
        "cache-lookup-time",
        GROUP.id,
        "Time to look",
        Unit.SECONDS,
        queries=_by_result("ollama_proxy_cache_lookup_duration_seconds"),
        absent=_NONE_LOOKED,
        help="From the request fully read to what the look brought: this is what every miss waits"
        " in addition. Semantic looks have an embedding made." + NO_LABELS,
        is_logarithmic=True,
    ),
    Panel(
        "cache-similarity",
        GROUP.id,
        "Likeness of the nearest question",
        Unit.RATIO,
        queries=_by_result("ollama_proxy_cache_similarity_ratio"),
        absent="no question was compared with another in this time: only PROXY_CACHE=semantic"
        " does that",
        help="Cosine of the nearest recorded question of those that agree in all else, by what came"
        " of it: above PROXY_CACHE_THRESHOLD it is a semantic_hit." + NO_LABELS,
        most=1.0,
    ),
    Panel(
        "cache-failures",
        GROUP.id,
        "What the cache could not do",
        Unit.COUNT,
        queries=(Query(summed(grown("ollama_proxy_cache_failures_total"), "part"), "{part}"),),
        absent=f"nothing failed, or {_OFF}",
        help="A store that is down or slow, an embedding that was too late, a list of models that"
        " could not be had: each made a miss, and no error." + NO_LABELS + COUNTED,
    ),
)
