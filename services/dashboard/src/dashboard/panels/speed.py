"""How fast answers come."""

from dashboard.panels.model import Group, Kind, Panel, Query, Role, Split, Unit
from dashboard.panels.queries import (
    grown,
    mean,
    objective,
    per_model,
    quantiles,
    quantiles_by,
    rate,
    summed,
)
from dashboard.panels.sentences import ASK, NO_NATIVE, NO_STREAM

GROUP = Group("speed", "How fast is it?")

_TTFT = "ollama_proxy_time_to_first_token_seconds"
_DURATION = "ollama_proxy_request_duration_seconds"
_OF_MODELS = 'model!="none",${requests}'
_TOKENS = "ollama_proxy_generated_tokens_total{${requests}}"

PANELS = (
    Panel(
        "generated-tokens",
        GROUP.id,
        "Tokens generated per second",
        Unit.TOKENS_PER_SECOND,
        queries=per_model(lambda *by: summed(rate(_TOKENS), *by), "generated"),
        absent=f"no model generated a token in this time: {ASK}",
        help="Of all requests together. Moves with the chunks of a stream, and is put right by the"
        " count that Ollama ends it with.",
    ),
    Panel(
        "ttft",
        GROUP.id,
        "Time to first token",
        Unit.SECONDS,
        queries=(*quantiles(_TTFT), objective("${slo_ttft_seconds}")),
        absent=NO_STREAM,
        help="Streamed answers only. From the request fully read by the proxy to the first chunk"
        " with content, thinking or a tool call: queue, load and prompt are in it.",
        is_logarithmic=True,
    ),
    Panel(
        "ttft-heat",
        GROUP.id,
        "Time to first token, every answer",
        Unit.SECONDS,
        queries=(Query(summed(grown(f"{_TTFT}_bucket{{${{requests}}}}", "window"), "le")),),
        absent=NO_STREAM,
        help="How many streamed answers began within which time. A column counts its step, or four"
        " scrapes where that is longer. By model: filter one.",
        kind=Kind.HEAT,
    ),
    Panel(
        "ttfat",
        GROUP.id,
        "Time to the answer itself",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_time_to_first_answer_token_seconds"),
        absent=NO_STREAM,
        help="As time to first token, but thinking is waited for: to the first chunk with content"
        " or a tool call.",
        is_logarithmic=True,
    ),
    Panel(
        "duration",
        GROUP.id,
        "Request duration",
        Unit.SECONDS,
        queries=(*quantiles(_DURATION, _OF_MODELS), objective("${slo_duration_seconds}")),
        absent=f"no request to a model was answered whole in this time: {ASK}",
        help="Of requests to a model that were answered to the end, without those that only load or"
        " unload one. From the request fully read to the end of the answer.",
        is_logarithmic=True,
    ),
    Panel(
        "tpot",
        GROUP.id,
        "Time per output token",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_time_per_output_token_seconds"),
        absent=NO_STREAM,
        help="Mean of each streamed answer, its first token left out: (last chunk with output -"
        " first) / (generated tokens - 1).",
    ),
    Panel(
        "decode-rate",
        GROUP.id,
        "Decode rate",
        Unit.TOKENS_PER_SECOND,
        queries=(
            *per_model(
                lambda *by: mean("ollama_proxy_tokens_per_second", "${requests}", *by), "mean"
            ),
            Query(
                "model:ollama_proxy_tokens_per_second:mean1d{${models}}",
                "{model} the day before",
                Role.THRESHOLD,
                Split.MODEL,
            ),
        ),
        absent=NO_NATIVE,
        help="How fast one answer is written once it has begun, as Ollama reports it: (generated"
        " tokens - 1) / decode duration. Dashed, by model: the mean of the day that ended an hour"
        " ago.",
    ),
    Panel(
        "prefill",
        GROUP.id,
        "Prompt evaluation",
        Unit.SECONDS,
        queries=quantiles("ollama_proxy_prefill_duration_seconds"),
        absent=NO_NATIVE,
        help="As Ollama reports it: only the part of the prompt that was not in its cache.",
        is_logarithmic=True,
    ),
    Panel(
        "overhead",
        GROUP.id,
        "What the proxy adds",
        Unit.SECONDS,
        queries=quantiles_by("ollama_proxy_overhead_seconds", "${routings}"),
        absent=f"no request passed the proxy in this time: {ASK}",
        help="Time that a request and its answer were in the proxy's own hands; neither Ollama's"
        " nor the client's. Not told by model: the filter of models does not apply.",
    ),
)
