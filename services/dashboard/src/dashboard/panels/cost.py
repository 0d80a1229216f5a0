"""What answers take: joules, money, grams. docs/ENERGY.md says what each number means."""

from dashboard.panels.model import Group, Kind, Panel, Query, Split, Unit
from dashboard.panels.queries import by_labels_or_model
from dashboard.panels.sentences import NO_ROUTING

GROUP = Group("cost", "What does it cost?")

_POWER = "rate(ollama_energy_joules_total{${models}}[${wide}])"
_PER_TOKEN = "ollama_energy_joules_per_generated_tokens"
_RECORDED = (
    " Recorded over ten minutes with at least 100 generated tokens. By the stack the filters do not"
    " apply, by model that of routing does not."
)
_NO_ENERGY = "neither a GPU nor the CPU tells its energy, or Ollama runs on another machine"
_FEW_TOKENS = (
    "fewer than 100 tokens were generated in ten minutes, or nothing tells its energy: "
    "make traffic-demo asks fifty questions"
)
_WAYS = (("ratio10m", "with idle time"), ("busy_ratio10m", "while at work"))
_MARGINAL = ("marginal_ratio10m", "what work added to idling")

_NO_USERS = (
    "the proxy is not told who asks (PROXY_API_KEYS_FILE, PROXY_TRUSTED_ADDRESSES), nobody asked"
    " within ten minutes, or nothing tells its energy"
)
_BY_USER = (
    " Idling is nobody's, and neither are tokens of those whom nobody names. Users are aliases or"
    " hashes. Recorded over ten minutes: filters and the split by model do not apply."
)

PANELS = (
    Panel(
        "power-by-use",
        GROUP.id,
        "Power, and for what",
        Unit.WATTS,
        queries=by_labels_or_model(_POWER, "component", "state"),
        absent=_NO_ENERGY,
        help="What GPUs and CPUs used while models worked at requests (busy), were loaded without"
        " any, and without a model. By model: `none` is nobody's." + NO_ROUTING,
        kind=Kind.STACKED,
    ),
    Panel(
        "energy-per-token",
        GROUP.id,
        "Energy per generated token",
        Unit.JOULES_PER_TOKEN,
        queries=tuple(
            Query(expr, name, split=split)
            for kind, words in (*_WAYS, _MARGINAL)
            for expr, name, split in (
                (f"stack:{_PER_TOKEN}:{kind}", words, Split.TOTAL),
                (f"model:{_PER_TOKEN}:{kind}{{${{models}}}}", f"{{model}} {words}", Split.MODEL),
            )
        ),
        absent=_FEW_TOKENS,
        help="Three numbers, never one: all energy with idle time; only while models worked; and"
        " what that work added to idling, which is known once each component has been idle for"
        " half a minute." + _RECORDED,
    ),
    Panel(
        "cost-per-million",
        GROUP.id,
        "Cost of a million generated tokens",
        Unit.MONEY,
        queries=(
            Query(
                "currency:ollama_energy_cost_per_million_generated_tokens:ratio10m",
                "energy",
                split=Split.TOTAL,
            ),
            Query(
                "currency:ollama_cost_per_million_generated_tokens:ratio1h",
                "with hardware, last hour",
                split=Split.TOTAL,
            ),
            Query(
                "currency:ollama_paid_api_cost_per_million_generated_tokens:ratio10m",
                "paid API",
                split=Split.TOTAL,
            ),
            Query(
                "currency_model:ollama_energy_cost_per_million_generated_tokens:ratio10m"
                "{${models}}",
                "{model} energy",
                split=Split.MODEL,
            ),
        ),
        absent="no price was named (GPU_EXPORTER_ENERGY_PRICE_PER_KILOWATT_HOUR, .env.example), or"
        " fewer than 100 tokens were generated in ten minutes",
        help="By the prices that the operator named, PUE included. Hardware is paid while nothing"
        " is asked, too; the paid API's price has the prompts in it." + _RECORDED,
    ),
    Panel(
        "cost-per-hour",
        GROUP.id,
        "Cost of an hour",
        Unit.MONEY,
        queries=(
            Query("currency:ollama_energy_cost_per_hour:rate5m", "energy"),
            Query("currency:ollama_hardware_cost_per_hour:now", "hardware"),
            Query("currency:ollama_paid_api_cost_per_hour:rate5m", "paid API"),
        ),
        absent="no price was named: GPU_EXPORTER_ENERGY_PRICE_PER_KILOWATT_HOUR and others in"
        " .env.example",
        help="At the rate of the last five minutes; what a paid API would have taken for the same"
        " tokens. Of the whole stack: filters and the split by model do not apply.",
    ),
    Panel(
        "power-by-user",
        GROUP.id,
        "Power by user",
        Unit.WATTS,
        queries=(Query("user:ollama_energy_joules:busy_rate10m", "{user}"),),
        absent=_NO_USERS,
        help="The power of models at work, shared by the tokens that were generated for each."
        + _BY_USER,
        kind=Kind.STACKED,
    ),
    Panel(
        "cost-by-user",
        GROUP.id,
        "Cost of an hour by user",
        Unit.MONEY,
        queries=(Query("currency_user:ollama_energy_cost_per_hour:busy_rate10m", "{user}"),),
        absent=_NO_USERS + ", or no price was named",
        help="What that power costs, PUE included." + _BY_USER,
        kind=Kind.STACKED,
    ),
    Panel(
        "emissions",
        GROUP.id,
        "CO2 of a million generated tokens",
        Unit.GRAMS,
        queries=(
            Query(
                "stack:ollama_emissions_grams_per_million_generated_tokens:ratio10m",
                "all",
                split=Split.TOTAL,
            ),
            Query(
                "model:ollama_emissions_grams_per_million_generated_tokens:ratio10m{${models}}",
                "{model}",
                split=Split.MODEL,
            ),
        ),
        absent="the electricity's intensity was not named"
        " (GPU_EXPORTER_CARBON_GRAMS_PER_KILOWATT_HOUR), or fewer than 100 tokens were generated"
        " in ten minutes",
        help="Grams of CO2 equivalent, by the intensity of the electricity that the operator named."
        + _RECORDED,
    ),
)
