"""What the proxy measures."""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

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
INFLIGHT_PHASE = Metric(
    "ollama_proxy_inflight_phase_requests",
    _G,
    "Requests in flight, by what they are doing now. Waiting and prefill look alike from outside: "
    "they are derived from OLLAMA_NUM_PARALLEL and the order of requests.",
    ("phase", "routing"),
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
    exemplars=True,
)
TTFT = Metric(
    "ollama_proxy_time_to_first_token_seconds",
    _H,
    "Time to first token of streamed answers: content, thinking or a tool call.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
    "request fully read from the client, to the first chunk with output",
    exemplars=True,
)
TTFAT = Metric(
    "ollama_proxy_time_to_first_answer_token_seconds",
    _H,
    "Time to the first token that is not thinking, of streamed answers.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
    "request fully read from the client, to the first chunk with content or a tool call",
    exemplars=True,
)
OVERHEAD = Metric(
    "ollama_proxy_overhead_seconds",
    _H,
    "What the proxy itself added to a request; the upstream's and the client's time is not in it.",
    ("endpoint", "routing"),
    "seconds",
    buckets.OVERHEAD,
    "request fully read to request sent, less the wait for a connection, plus each piece of the "
    "answer received to handed on",
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
    exemplars=True,
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
    "Generated tokens. Moves with the chunks of a stream that is to end with the upstream's own "
    "count (OpenAI's only where counts were asked for), and is put right by it; of a stream that "
    "broke off, the chunks remain.",
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
THINKING_CHUNKS = Metric(
    "ollama_proxy_thinking_chunks_total",
    _C,
    "Chunks of streamed answers that held thinking; a chunk may hold several tokens.",
    _MODEL,
)
THINKING_CHARACTERS = Metric(
    "ollama_proxy_thinking_characters_total",
    _C,
    "Characters of thinking in answers; no upstream counts its tokens apart.",
    _MODEL,
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
    "Whole answers that carried no token counts; `reason` is `not_asked` (a stream of OpenAI's "
    "chat or completions without `stream_options.include_usage`) or `absent`.",
    ("endpoint", "reason", "routing"),
)
CONTEXT_TOKENS = Metric(
    "ollama_proxy_context_tokens",
    _H,
    "Context in use at the end of an answer: its prompt and what was generated.",
    _MODEL,
    "tokens",
    buckets.CONTEXT,
)
TRUNCATIONS = Metric(
    "ollama_proxy_suspected_truncations_total",
    _C,
    "Requests whose prompt the upstream seems to have cut to fit the context, without saying so: "
    "fewer prompt tokens than the text must have, and as many as a cut leaves.",
    ("model", "endpoint", "routing"),
)
LOAD = Metric(
    "ollama_proxy_model_load_duration_seconds",
    _H,
    "Load duration as the upstream reports it, its scheduler's wait included; near zero "
    "when the model is warm. Not of models that compute elsewhere.",
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
    "Wait for a slot inside the upstream; native formats only. Not of models that compute "
    "elsewhere.",
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
RELOADS = Metric(
    "ollama_proxy_model_reloads_total",
    _C,
    "Loads of a model that was loaded the moment before: its options differ, or memory is short.",
    _MODEL,
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
    "Requests whose client left before the answer was whole. Whether one without output waited "
    "or had its prompt read is derived from the order of this process's requests.",
    ("model", "phase", "routing"),
)
WASTED_TOKENS = Metric(
    "ollama_proxy_wasted_tokens_total",
    _C,
    "Generated tokens of answers whose client left before they were whole, as far as they came.",
    _MODEL,
    "tokens",
)
WASTED_SECONDS = Metric(
    "ollama_proxy_wasted_seconds_total",
    _C,
    "Time that requests were in the upstream's hands whose client left before the answer was "
    "whole.",
    _MODEL,
    "seconds",
    clock="request sent to the upstream, to the client's leaving",
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
    "Body bytes of responses, as the client was sent them.",
    ("endpoint", "routing"),
    "bytes",
    buckets.BYTES,
)
TRANSFER_BYTES = Metric(
    "ollama_proxy_transfer_bytes_total",
    _C,
    "Bytes of models moved: as the upstream's progress tells, or as a blob's upload counts.",
    ("operation", "routing"),
    "bytes",
)
PULL_PROGRESS = Metric(
    "ollama_proxy_pull_progress_ratio",
    _G,
    "How much of a pull in flight is there; absent when none is.",
    ("model",),
    "ratio",
    over_workers="max",
)
USER_REQUESTS = Metric(
    "ollama_proxy_user_requests_total",
    _C,
    "Requests that ended, by user; off unless keys, trusted addresses, a header or aliases say who "
    "asks. One that the answer "
    'cache answered is its user\'s, with `routing="cache"`, and has no tokens.',
    ("user", "routing"),
)
USER_TOKENS = Metric(
    "ollama_proxy_user_tokens_total",
    _C,
    "Tokens as the upstream counts them, by user; off unless it is known who asks, as above.",
    ("user", "type", "routing"),
    "tokens",
)
EXTRACTION_ERRORS = Metric(
    "ollama_proxy_extraction_errors_total",
    _C,
    "Answers, or parts of them, that could not be measured: `json`, `too_long`, "
    "`encoding`, `framing` or `exception`. The traffic itself was not touched.",
    ("endpoint", "reason", "routing"),
)
QUEUE_REJECTIONS = Metric(
    "ollama_proxy_queue_rejections_total",
    _C,
    "Requests that the proxy refused because too many wait; `reason` is `max_requests`, the limit "
    "of requests in flight, or of its queue `full`, `displaced` or `timeout`.",
    ("reason",),
)
LABEL_OVERFLOW = Metric(
    "ollama_proxy_label_overflow_total",
    _C,
    "Times that a label's bound of distinct values was reached and `other` was used.",
    ("label",),
)
SERIES = Metric(
    "ollama_proxy_series",
    _G,
    "Series of the proxy's own metrics in this answer, this one among them.",
)
DROPPED_VALUES = Metric(
    "ollama_proxy_dropped_values_total",
    _C,
    "Values that found no room in a worker's store of series; more than 0 is a defect.",
)
WORKER_RESTARTS = Metric(
    "ollama_proxy_worker_restarts_total",
    _C,
    "Relay processes that ended unasked and were started again.",
)
CONFIG_INFO = Metric(
    "ollama_proxy_config_info",
    _G,
    "Always 1; the labels say what is switched on.",
    ("route_default", "portkey_enabled"),
    over_workers="max",
)
BUILD_INFO = Metric(
    "ollama_proxy_build_info",
    _G,
    "Always 1.",
    ("version", "python"),
    over_workers="max",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
