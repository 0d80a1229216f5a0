"""Sentences that several panels say: why there may be no data, and what a number leaves out."""

ASK = "make traffic-quick asks ten questions"
NO_REQUEST = f"no request ended in this time: {ASK}"
NO_STREAM = f"no streamed answer began in this time: {ASK}"
NO_TOKENS = f"no answer with token counts ended in this time: {ASK}"
NO_NATIVE = (
    "no answer of Ollama's own formats ended in this time: OpenAI's and Anthropic's carry no "
    f"durations; {ASK}"
)

NO_ROUTING = " The filter of routing does not apply."
NO_LABELS = " Not told by model: filters do not apply."
COUNTED = (
    " Counted over a stretch before each instant, which the PromQL names: longer ranges have longer"
    " ones. Prometheus estimates what lies between its samples, so that a count need not be whole."
)
"""The end of the help where growth is counted."""
