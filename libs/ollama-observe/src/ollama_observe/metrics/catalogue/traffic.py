"""What the traffic worker measures: the same clocks as a client's, beside the proxy's."""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_MODEL = ("model", "routing")
_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

REQUESTS = Metric(
    "traffic_requests_total",
    _C,
    "Requests that ended, by what became of them; without warm-up.",
    ("category", "model", "outcome", "routing"),
)
WARM_UP_REQUESTS = Metric(
    "traffic_warm_up_requests_total",
    _C,
    "Requests before the measured ones, which are in no other metric but those in flight.",
)
TTFT = Metric(
    "traffic_time_to_first_token_seconds",
    _H,
    "Time to first token of whole answers that were streamed: content, thinking or a tool call.",
    _MODEL,
    "seconds",
    buckets.FIRST_TOKEN,
    "right before the request is sent, to the first chunk with output",
)
DURATION = Metric(
    "traffic_request_duration_seconds",
    _H,
    "Duration of requests that got their whole answer.",
    _MODEL,
    "seconds",
    buckets.LATENCY,
    "right before the request is sent, to the end of its answer",
)
TPOT = Metric(
    "traffic_time_per_output_token_seconds",
    _H,
    "Mean time per output token after the first, of whole answers that were streamed.",
    _MODEL,
    "seconds",
    buckets.PER_TOKEN,
    "(last chunk with output - first) / (generated tokens - 1)",
)
SEND_DELAY = Metric(
    "traffic_send_delay_seconds",
    _H,
    "How late requests of a schedule went out: above 0.01 the generator did not keep up, and its "
    "figures are its own.",
    (),
    "seconds",
    buckets.SEND_DELAY,
    "instant of the schedule, to right before the request is sent",
)
PROMPT_TOKENS = Metric(
    "traffic_prompt_tokens_total",
    _C,
    "Prompt tokens of whole answers, as the server counts them.",
    _MODEL,
    "tokens",
)
GENERATED_TOKENS = Metric(
    "traffic_generated_tokens_total",
    _C,
    "Generated tokens of whole answers, as the server counts them.",
    _MODEL,
    "tokens",
)
IN_FLIGHT = Metric(
    "traffic_in_flight_requests",
    _G,
    "Requests in flight, warm-up among them.",
    ("category",),
)
DROPPED = Metric(
    "traffic_dropped_questions_total",
    _C,
    "Questions that were due while TRAFFIC_MAX_IN_FLIGHT others were in flight, and not asked.",
    ("category",),
)
CHECKED = Metric(
    "traffic_checked_answers_total",
    _C,
    "Whole answers whose question has a check.",
    ("category",),
)
INVALID = Metric(
    "traffic_invalid_answers_total",
    _C,
    "Of these, the ones that their check refused.",
    ("category",),
)
RUNNING = Metric("traffic_running", _G, "1 while questions are asked, the warm-up among them.")
TARGET_RATE = Metric(
    "traffic_target_rate",
    _G,
    "Questions a second that the schedule wants on the mean; 0 without one, and while none are "
    "asked.",
    unit="questions/second",
)
BUILD_INFO = Metric("traffic_build_info", _G, "Always 1.", ("version", "python"))

METRICS = metrics_in(globals())
"""All of them, in the order above."""
