"""The proxy's measurements under the names of OpenTelemetry's conventions for generative AI.

They go by OTLP alone, and only where an operator asks for it: /metrics has the names of the other
subjects here, and no store should get both. What is measured is the same: each is booked with the
value of its twin, on the same ladder of buckets, under the attributes that the conventions require.
Source: OpenTelemetry semantic conventions 1.41.0, "Generative AI metrics" (status: development).
"""

from collections.abc import Mapping

from ollama_observe.metrics import buckets
from ollama_observe.metrics.catalogue import proxy
from ollama_observe.metrics.metric import Kind, Metric, metrics_in

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"

ATTRIBUTES: Mapping[str, str] = {
    "operation": "gen_ai.operation.name",
    "model": "gen_ai.request.model",
    "response_model": "gen_ai.response.model",
    "type": "gen_ai.token.type",
    "error_type": "error.type",
}
"""What each label is called there. Where its value is `none` or `other` there is no attribute."""

_H = Kind.HISTOGRAM
_MODEL = ("operation", "model", "response_model")

REQUEST_DURATION = Metric(
    "gen_ai.server.request.duration",
    _H,
    "Duration of requests to a model that were answered to the end, or failed: then with "
    "`error.type`. Without load and unload requests, and without those whose client left.",
    (*_MODEL, "error_type"),
    "s",
    buckets.LATENCY,
    proxy.DURATION.clock,
    exemplars=True,
)
TIME_TO_FIRST_TOKEN = Metric(
    "gen_ai.server.time_to_first_token",
    _H,
    proxy.TTFT.help,
    _MODEL,
    "s",
    buckets.FIRST_TOKEN,
    proxy.TTFT.clock,
    exemplars=True,
)
TIME_PER_OUTPUT_TOKEN = Metric(
    "gen_ai.server.time_per_output_token",
    _H,
    proxy.TPOT.help,
    _MODEL,
    "s",
    buckets.PER_TOKEN,
    proxy.TPOT.clock,
    exemplars=True,
)
TOKEN_USAGE = Metric(
    "gen_ai.client.token.usage",
    _H,
    "Tokens of one request, as the upstream counts them; of answers without counts there is none.",
    (*_MODEL, "type"),
    "{token}",
    buckets.TOKENS,
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""

TWINS: Mapping[Metric, Metric] = {
    REQUEST_DURATION: proxy.DURATION,
    TIME_TO_FIRST_TOKEN: proxy.TTFT,
    TIME_PER_OUTPUT_TOKEN: proxy.TPOT,
    TOKEN_USAGE: proxy.REQUEST_TOKENS,
}
"""The metric of /metrics that each is the same as."""
