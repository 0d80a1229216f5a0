"""What is happening now: one large number each, with the last quarter of an hour.

Quantiles and shares are of five minutes, whatever the range of the page: fewer seconds of few
requests would be gaps most of the time.
"""

from dashboard.panels.model import Group, Kind, Panel, Query, Unit
from dashboard.panels.queries import grown, mean, quantile, rate, ratio
from dashboard.panels.sentences import ASK

GROUP = Group("now", "What is happening now?")

_REQUESTS = 'ollama_proxy_requests_total{model!="none",status!="499",${requests}}'
_ERRORS = (
    'ollama_proxy_errors_total{model!="none",error_type!~"upstream_4xx|bad_request|key_refused",'
    "${requests}}"
)
_PULLS = 'ollama_proxy_errors_total{model="other",error_type="mid_stream"}'
_POWER = (
    'sum(avg_over_time(gpu_power_watts{kind="average"}[${window}])'
    ' or ignoring (kind) avg_over_time(gpu_power_watts{kind="instant"}[${window}]))'
)

PANELS = (
    Panel(
        "now-in-flight",
        GROUP.id,
        "In flight",
        Unit.REQUESTS,
        queries=(
            Query(
                "sum(ollama_proxy_active_requests{${requests}})"
                " or 0 * sum(ollama_proxy_inflight_phase_requests{${routings}})"
            ),
        ),
        absent="Prometheus has nothing of the proxy: make status says whether both run",
        help="Requests that the proxy has in hand, at the instant of a scrape.",
        kind=Kind.TILE,
    ),
    Panel(
        "now-ttft",
        GROUP.id,
        "First token, p95",
        Unit.SECONDS,
        queries=(
            Query(
                quantile(
                    "0.95",
                    "ollama_proxy_time_to_first_token_seconds",
                    "${requests}",
                    window="5m",
                )
            ),
        ),
        absent=f"no streamed answer began in five minutes: {ASK}",
        help="One in twenty streamed answers of the last five minutes began later. From the request"
        " fully read to the first chunk with output.",
        kind=Kind.TILE,
    ),
    Panel(
        "now-decode",
        GROUP.id,
        "Decode rate",
        Unit.TOKENS_PER_SECOND,
        queries=(
            Query(
                mean("ollama_proxy_tokens_per_second", "${requests}", window="5m"),
            ),
        ),
        absent="no answer of Ollama's own formats ended in five minutes: OpenAI's and"
        " Anthropic's carry no durations",
        help="How fast one answer is written once it has begun, as Ollama reports it: the mean of"
        " the answers that ended within five minutes.",
        kind=Kind.TILE,
    ),
    Panel(
        "now-tokens",
        GROUP.id,
        "Generated tokens",
        Unit.TOKENS_PER_SECOND,
        queries=(Query(f"sum({rate('ollama_proxy_generated_tokens_total{${requests}}')})"),),
        absent=f"no model generated a token since the proxy began: {ASK}",
        help="Of all requests together, while they stream.",
        kind=Kind.TILE,
    ),
    Panel(
        "now-errors",
        GROUP.id,
        "Errors",
        Unit.RATIO,
        queries=(
            Query(
                ratio(f"{grown(_ERRORS, '5m')} unless {_PULLS}", grown(_REQUESTS, "5m")),
            ),
        ),
        absent=f"no request to a model ended in five minutes: {ASK}",
        help="The share of requests to models that failed within five minutes, as the objective"
        " counts it: a client that left or whose request was wrong (4xx) is no failure, and an"
        " answer of the cache is none.",
        kind=Kind.TILE,
        most=1.0,
    ),
    Panel(
        "now-power",
        GROUP.id,
        "GPU power",
        Unit.WATTS,
        queries=(Query(_POWER),),
        absent="there is no GPU, or it tells no power; the tile shows the CPU instead",
        help="Power of all boards together. Models share it; filters do not apply.",
        kind=Kind.TILE,
    ),
    Panel(
        "now-cpu",
        GROUP.id,
        "CPU",
        Unit.RATIO,
        queries=(
            Query(
                '1 - sum(rate(host_cpu_seconds_total{mode=~"idle|iowait"}[${window}]))'
                " / sum(rate(host_cpu_seconds_total[${window}]))"
            ),
        ),
        absent="Prometheus has nothing of the exporter: make status says whether it runs",
        help="The share of the time of all CPUs in which they computed, for models or anything"
        " else. Filters do not apply.",
        kind=Kind.TILE,
        most=1.0,
        instead_of="now-power",
    ),
)
