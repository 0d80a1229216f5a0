"""Where models compute, as the proxy knows it: what energy and costs are not to be divided by."""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

MODEL_INFO = Metric(
    "ollama_proxy_model_info",
    Kind.GAUGE,
    "Always 1; one series a model that was answered for. `location` says where it computes.",
    ("model", "location"),
    over_workers="max",
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
