"""The metrics that we measure ourselves, as data. docs/METRICS.md is generated from it.

Names follow the Prometheus naming rules: one prefix per source, base units, `_total`
on counters. Histograms carry few labels, because each label value costs a series per
bucket; only `ollama_proxy_requests_total` carries them all.
"""

from dataclasses import dataclass
from enum import StrEnum

from ollama_observe.metrics import buckets


class Kind(StrEnum):
    """The Prometheus type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric: its name as scraped, and what the number means.

    Compared by identity: an entry is the key by which its object is found.

    `clock` says from which event to which a duration runs; empty where nothing is timed.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()
    clock: str = ""


LABELS = {
    "endpoint": "route template of Ollama's API; `other` for what Ollama does not serve",
    "error_type": "what went wrong, from a closed set (proxy/outcomes.py)",
    "kind": "`content`, `thinking` or `tool_call`",
    "label": "name of the label that ran over",
    "method": "HTTP method; `other` outside the usual seven",
    "model": "model name with tag, once the upstream has answered 2xx for it; `other` before "
    "that and beyond the bound of distinct names; `none` for routes without a model",
    "phase": "what the request was doing: `upload`, `waiting` (connecting, queue, load, "
    "prefill: all before the response's headers) or `streaming`",
    "python": "version of the interpreter",
    "reason": "from a closed set that the metric's help names",
    "routing": "`direct` or `portkey`: the way to Ollama that the request took",
    "operation": "`load` or `unload`",
    "status": "HTTP status sent to the client; 499 where the client left first",
    "type": "`input` or `output`",
    "version": "version of Ollama Observe",
}

_MODEL = ("model", "routing")
_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

REQUESTS = Metric(
    "ollama_proxy_requests_total",
    _C,
    "Requests that ended, by status sent to the client.",
    ("method", "endpoint", "model", "status", "routing"),
)
ACTIVE = Metric(
    "ollama_proxy_active_requests",
    _G,
    "Requests in flight.",
    ("model", "endpoint", "routing"),
)
DURATION = Metric(
    "ollama_proxy_request_duration_seconds",
    _H,
    "Duration of requests that the upstream answered 2xx to the end; without load and "
    "unload requests.",
    ("endpoint", "model", "routing"),
    "seconds",
    buckets.LATENCY,
    "request fully read from the client, to the end of the upstream's answer",
)
TTFT = Metric(
    "ollama_proxy_time_to_first_token_seconds",
    _H,
    "Time to first token of streamed answers: content, thinking or a tool call.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
    "request fully read from the client, to the first chunk with output",
)
TTFAT = Metric(
    "ollama_proxy_time_to_first_answer_token_seconds",
    _H,
    "Time to the first token that is not thinking, of streamed answers.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
    "request fully read from the client, to the first chunk with content or a tool call",
)
FIRST_OUTPUT = Metric(
    "ollama_proxy_first_output_total",
    _C,
    "What the first output of a streamed answer was. A tool call comes whole, so that its "
    "time to first token contains its decoding.",
    ("model", "kind", "routing"),
)
TPOT = Metric(
    "ollama_proxy_time_per_output_token_seconds",
    _H,
    "Mean time per output token after the first, of streamed answers.",
    _MODEL,
    "seconds",
    buckets.PER_TOKEN,
    "(last chunk with output - first) / (generated tokens - 1)",
)
MAX_GAP = Metric(
    "ollama_proxy_stream_max_gap_seconds",
    _H,
    "Largest time between two chunks with output, one observation a stream.",
    _MODEL,
    "seconds",
    buckets.STALL,
    "chunk with output, to the next",
)
TOKENS_PER_SECOND = Metric(
    "ollama_proxy_tokens_per_second",
    _H,
    "Decode rate as the upstream reports it, from two tokens on.",
    _MODEL,
    "tokens/second",
    buckets.TOKENS_PER_SECOND,
    "(generated tokens - 1) / decode duration",
)
PROMPT_TOKENS = Metric(
    "ollama_proxy_prompt_tokens_total",
    _C,
    "Prompt tokens, cached ones included, as the upstream counts them.",
    _MODEL,
    "tokens",
)
GENERATED_TOKENS = Metric(
    "ollama_proxy_generated_tokens_total",
    _C,
    "Generated tokens. Moves with the chunks of a native stream and is put right by the "
    "upstream's own count at its end; of a stream that broke off, the chunks remain.",
    _MODEL,
    "tokens",
)
CACHED_TOKENS = Metric(
    "ollama_proxy_cached_prompt_tokens_total",
    _C,
    "Prompt tokens that the upstream took from its cache; absent where it does not say.",
    _MODEL,
    "tokens",
)
REQUEST_TOKENS = Metric(
    "ollama_proxy_request_tokens",
    _H,
    "Tokens of one request; `type` is `input` or `output`.",
    ("model", "type", "routing"),
    "tokens",
    buckets.TOKENS,
)
USAGE_MISSING = Metric(
    "ollama_proxy_usage_missing_total",
    _C,
    "Whole answers that carried no token counts; `reason` is `not_asked` (an OpenAI stream "
    "without `stream_options.include_usage`) or `absent`.",
    ("endpoint", "reason", "routing"),
)
LOAD = Metric(
    "ollama_proxy_model_load_duration_seconds",
    _H,
    "Load duration as the upstream reports it, its scheduler's wait included; near zero "
    "when the model is warm.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
)
PREFILL = Metric(
    "ollama_proxy_prefill_duration_seconds",
    _H,
    "Prompt evaluation as the upstream reports it: only what was not cached.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
)
DECODE = Metric(
    "ollama_proxy_decode_duration_seconds",
    _H,
    "Generation after the first token, as the upstream reports it.",
    _MODEL,
    "seconds",
    buckets.LATENCY,
)
WAIT = Metric(
    "ollama_proxy_upstream_wait_seconds",
    _H,
    "Wait for a slot inside the upstream; native formats only.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
    "total - load - prefill - decode, as the upstream reports them",
)
DONE = Metric(
    "ollama_proxy_done_total",
    _C,
    "Why answers ended: `stop`, `length`, `tool_calls`, `load`, `unload` or `other`.",
    ("model", "reason", "routing"),
)
OPERATIONS = Metric(
    "ollama_proxy_model_operations_total",
    _C,
    "Requests that only load or unload a model; they are in no latency histogram.",
    ("model", "operation", "routing"),
)
ERRORS = Metric(
    "ollama_proxy_errors_total",
    _C,
    "Requests that failed. A client that leaves is no error.",
    ("model", "error_type", "routing"),
)
ABORTS = Metric(
    "ollama_proxy_client_aborts_total",
    _C,
    "Requests whose client left before the answer was whole.",
    ("model", "phase", "routing"),
)
REQUEST_BYTES = Metric(
    "ollama_proxy_request_size_bytes",
    _H,
    "Body bytes of requests.",
    ("endpoint", "routing"),
    "bytes",
    buckets.BYTES,
)
RESPONSE_BYTES = Metric(
    "ollama_proxy_response_size_bytes",
    _H,
    "Body bytes of responses.",
    ("endpoint", "routing"),
    "bytes",
    buckets.BYTES,
)
EXTRACTION_ERRORS = Metric(
    "ollama_proxy_extraction_errors_total",
    _C,
    "Answers, or parts of them, that could not be measured: `json`, `too_long`, "
    "`encoding`, `framing` or `exception`. The traffic itself was not touched.",
    ("endpoint", "reason", "routing"),
)
LABEL_OVERFLOW = Metric(
    "ollama_proxy_label_overflow_total",
    _C,
    "Times that a label's bound of distinct values was reached and `other` was used.",
    ("label",),
)
BUILD_INFO = Metric(
    "ollama_proxy_build_info",
    _G,
    "Always 1.",
    ("version", "python"),
)

PROXY = (
    REQUESTS,
    ACTIVE,
    DURATION,
    TTFT,
    TTFAT,
    FIRST_OUTPUT,
    TPOT,
    MAX_GAP,
    TOKENS_PER_SECOND,
    PROMPT_TOKENS,
    GENERATED_TOKENS,
    CACHED_TOKENS,
    REQUEST_TOKENS,
    USAGE_MISSING,
    LOAD,
    PREFILL,
    DECODE,
    WAIT,
    DONE,
    OPERATIONS,
    ERRORS,
    ABORTS,
    REQUEST_BYTES,
    RESPONSE_BYTES,
    EXTRACTION_ERRORS,
    LABEL_OVERFLOW,
    BUILD_INFO,
)
