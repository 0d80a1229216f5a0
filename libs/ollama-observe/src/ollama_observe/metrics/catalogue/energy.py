"""What models cost: energy shared out among them, and the prices that the operator named.

Energy is that of the GPUs and of the CPU packages, each as far as it can be read. Every joule
is in exactly one series, so that sums mean something.
"""

from ollama_observe.metrics.metric import Kind, Metric, metrics_in

_C, _G = Kind.COUNTER, Kind.GAUGE

ENERGY = Metric(
    "ollama_energy_joules_total",
    _C,
    "Energy by what the machine did for which model. `component` is `gpu` or `cpu`. `state` is "
    "`busy` (models worked at requests: shared equally among these), `model_loaded` (at none: "
    "shared among the loaded models by their memory), `bare` (nothing was loaded either) or "
    "`unknown` (the proxy or Ollama could not be asked, was not for too long, or Ollama runs on "
    "another machine). A new series is 0 for 15 s before it has what was booked meanwhile.",
    ("component", "model", "state"),
    "joules",
)
SECONDS = Metric(
    "ollama_energy_seconds_total",
    _C,
    "The time in which this energy was used, shared out alike: of a component it adds up to the "
    "time in which its energy was known.",
    ("component", "model", "state"),
    "seconds",
)
IDLE_POWER = Metric(
    "ollama_idle_power_watts",
    _G,
    "Power while models worked at no request: the 5th percentile of the latest 600 readings in "
    "that state. `state` is `bare` or `model_loaded`. Absent before there were 30 of them, and "
    "where Ollama runs on another machine.",
    ("component", "state"),
    "watts",
)
ENERGY_PRICE = Metric(
    "energy_price_per_kilowatt_hour",
    _G,
    "What the operator pays for electricity (GPU_EXPORTER_ENERGY_PRICE_PER_KILOWATT_HOUR).",
    ("currency",),
)
PUE = Metric(
    "energy_pue_ratio",
    _G,
    "Power usage effectiveness: energy paid for each unit that the machine uses "
    "(GPU_EXPORTER_PUE_RATIO).",
    (),
    "ratio",
)
CARBON_INTENSITY = Metric(
    "energy_carbon_grams_per_kilowatt_hour",
    _G,
    "Grams of CO2 equivalent emitted for electricity "
    "(GPU_EXPORTER_CARBON_GRAMS_PER_KILOWATT_HOUR).",
)
HARDWARE_PRICE = Metric(
    "hardware_price_per_hour",
    _G,
    "What the hardware costs an hour, used or not (GPU_EXPORTER_HARDWARE_PRICE_PER_HOUR).",
    ("currency",),
)
API_PRICE = Metric(
    "paid_api_price_per_million_tokens",
    _G,
    "What a paid API would take for the same tokens; `type` is `input` or `output` "
    "(GPU_EXPORTER_API_INPUT_PRICE_PER_MILLION_TOKENS, ..._OUTPUT_...).",
    ("currency", "type"),
)

METRICS = metrics_in(globals())
"""All of them, in the order above."""
