"""What the proxy tells of models' time: where it went, and how well it was foretold.

Off (`PROXY_INSIGHT=false`) nothing of it is there.
"""

from ollama_observe.metrics import buckets
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _H = Kind.COUNTER, Kind.HISTOGRAM

MODEL_PHASE_SECONDS = Metric(
    "ollama_proxy_model_phase_seconds_total",
    _C,
    "Where each model's time went. At any instant a model is in one phase, that of the most "
    "productive of its requests: `answer`, `thinking`, `prefill`, `load`, `other` (a whole answer "
    "of a `/v1` route, which does not say what its time was), `wait` or `idle`. So the phases add "
    "up to wall-clock time since the proxy first saw the model; while a request is in flight they "
    "may be half a minute behind it.",
    ("model", "phase"),
    "seconds",
    clock="first request of the model sent, to the scrape",
)
PREFILL_ESTIMATE_ERROR = Metric(
    "ollama_proxy_prefill_estimate_error_ratio",
    _H,
    "How wrong the estimates of how long prompts will be read were: the difference between the "
    "estimate, made when the request was sent, and the time that it took, divided by that time; at "
    "most 10. Of prompts that were expected to take half a second and more.",
    ("model",),
    "ratio",
    buckets.ESTIMATE_ERROR,
)
PREFILL_ESTIMATES = Metric(
    "ollama_proxy_prefill_estimates_total",
    _C,
    "The same estimates by what they were: `too_long` or `too_short`.",
    ("model", "deviation"),
)
FIRST_TOKEN_ESTIMATE_ERROR = Metric(
    "ollama_proxy_first_token_estimate_error_ratio",
    _H,
    "How wrong the estimates of the time to the first token were, load and prefill together, as "
    "above; of streams that found a free slot.",
    ("model",),
    "ratio",
    buckets.ESTIMATE_ERROR,
    "request sent to the upstream, to the first chunk with output",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
