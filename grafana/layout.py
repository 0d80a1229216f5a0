"""Which panels stand on which board, and in which order: the panels' ids, nothing else.

The first row of the overview has the order of vLLM's own board for Grafana: duration and
throughput, time between tokens and what is in flight, first token and cache, lengths, why answers
ended, queue, where the time goes. A row that is not open asks Prometheus nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading. `across` is how many stand side by side."""

    title: str
    panels: tuple[str, ...]
    is_open: bool = False
    across: int = 2


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `by_model`: its panels are those of the view that is split by model."""

    file: str
    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    by_model: bool = False


_FILTERS = "Models and ways are filtered above; a panel's help says where that does not apply."

OVERVIEW = Board(
    "overview.json",
    "ollama-observe",
    "Ollama Observe",
    f"Whether it is all right, how fast it is, what is asked. {_FILTERS}",
    (
        Row(
            "What is happening now?",
            (
                *("now-in-flight", "now-ttft", "now-decode", "now-tokens", "now-errors"),
                *("now-power", "now-cpu"),
            ),
            is_open=True,
            across=7,
        ),
        Row(
            "Latency and throughput",
            (
                *("duration", "tokens-in-out"),
                *("tpot", "in-flight"),
                *("ttft", "cached-prompts"),
                *("ttft-heat", "request-tokens"),
                *("done-reasons", "upstream-wait"),
                *("prefill", "time-accounting"),
            ),
            is_open=True,
        ),
        Row("More on latency", ("ttfat", "stalls", "decode-rate", "load-time")),
        Row(
            "More on throughput",
            (
                *("requests-outcome", "requests-status", "generated-tokens", "users"),
                *("model-time", "model-busy"),
            ),
        ),
        Row(
            "Can the answers be trusted?",
            (
                *("errors", "error-ratio", "goodput", "aborts", "wasted-tokens", "wasted-time"),
                *("incomplete", "truncations"),
            ),
        ),
        Row(
            "Which models are loaded?",
            (
                *("residency", "loads", "on-gpu", "headroom", "context", "runner-context"),
                *("runner-slots", "settings-differ", "pulls"),
            ),
        ),
        Row(
            "The monitor itself",
            ("overhead", "unmeasured", "prefill-estimates"),
            across=3,
        ),
    ),
)

MODELS = Board(
    "models.json",
    "ollama-observe-models",
    "Ollama Observe: by model",
    f"The same, told by model. {_FILTERS}",
    (
        Row(
            "Latency and throughput",
            (
                *("duration", "tokens-in-out"),
                *("tpot", "in-flight"),
                *("ttft", "cached-prompts"),
                *("done-reasons", "request-tokens"),
                *("prefill", "upstream-wait"),
                *("decode-rate", "time-accounting"),
            ),
            is_open=True,
        ),
        Row(
            "More on latency and throughput",
            (
                *("ttfat", "stalls", "generated-tokens", "requests-outcome", "requests-status"),
                "model-time",
            ),
        ),
        Row(
            "Loading and memory",
            ("loads", "load-time", "on-gpu", "context", "settings-differ", "prefill-estimates"),
        ),
        Row(
            "Can the answers be trusted?",
            (
                *("errors", "error-ratio", "aborts", "wasted-tokens", "wasted-time"),
                *("incomplete", "truncations"),
            ),
        ),
        Row(
            "Energy and cost",
            ("power-by-use", "energy-per-token", "cost-per-million", "emissions"),
        ),
        Row("Queue", ("proxy-queue", "proxy-queue-wait", "proxy-queue-ends"), across=3),
        Row(
            "Answer cache",
            ("cache-hits", "cache-looks", "cache-tokens", "cache-seconds", "cache-joules"),
        ),
        Row(
            "Portkey",
            (
                *("portkey-requests", "direct-requests", "routing-ratio", "routing-errors"),
                *("routing-latency", "routing-ttft"),
            ),
        ),
        Row(
            "What clients see",
            ("client-ttft", "client-duration", "client-tpot", "client-tokens", "client-outcomes"),
        ),
    ),
    by_model=True,
)

MACHINE = Board(
    "machine.json",
    "ollama-observe-machine",
    "Ollama Observe: GPUs, machine, energy and cost",
    "What the cards and the machine do, and what that takes.",
    (
        Row(
            "GPUs",
            (
                *("gpu-utilization", "gpu-memory", "gpu-memory-models", "gpu-power"),
                *("gpu-temperature", "gpu-clocks", "gpu-throttle"),
            ),
            is_open=True,
        ),
        Row("Machine", ("cpu", "memory", "pressure", "disk", "model-disk"), is_open=True),
        Row(
            "Energy", ("power-by-use", "energy-per-token", "power-by-user"), is_open=True, across=3
        ),
        Row("Cost", ("cost-per-million", "cost-per-hour", "cost-by-user", "emissions")),
    ),
)

WAYS = Board(
    "ways.json",
    "ollama-observe-ways",
    "Ollama Observe: queue, cache, gateway and clients",
    f"What stands between clients and Ollama, and what clients see of it. {_FILTERS}",
    (
        Row(
            "What waits in the proxy's queue?",
            ("proxy-queue", "proxy-queue-wait", "proxy-queue-ends"),
            is_open=True,
            across=3,
        ),
        Row(
            "What is answered without Ollama?",
            (
                *("cache-hits", "cache-looks", "cache-tokens", "cache-seconds", "cache-joules"),
                *("cache-lookup-time", "cache-similarity", "cache-entries", "cache-size"),
                *("cache-changes", "cache-not-kept", "cache-failures"),
            ),
        ),
        Row(
            "What does the way through Portkey add?",
            (
                *("portkey-requests", "direct-requests", "routing-ratio", "routing-latency"),
                *("routing-ttft", "portkey-difference", "gateway-overhead", "routing-errors"),
                *("gateway-detours", "gateway-attempts", "gateway-cache", "gateway-answers"),
            ),
        ),
        Row(
            "What do clients see?",
            (
                *("client-ttft", "client-duration", "client-tpot", "client-tokens"),
                *("client-outcomes", "client-schedule", "client-in-flight", "client-delay"),
                "client-checks",
            ),
        ),
    ),
)

BOARDS = (OVERVIEW, MODELS, MACHINE, WAYS)
