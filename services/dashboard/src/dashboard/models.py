"""The names of the models that the proxy has served, as long as Prometheus remembers."""

import httpx2
import msgspec

from ollama_observe.metrics.metric import UNNAMED

WITHIN_SECONDS = 4.0
LOOK_BACK_SECONDS = 30 * 86_400
MOST = 100

_SERIES = "ollama_proxy_requests_total"


class _Answer(msgspec.Struct):
    data: list[str]


_names = msgspec.json.Decoder(_Answer).decode


async def ask_models(http: httpx2.AsyncClient, prometheus_url: str, now: float) -> list[str] | None:
    """Their names, sorted; None where Prometheus does not say."""
    given = {"match[]": _SERIES, "start": f"{now - LOOK_BACK_SECONDS:.0f}", "end": f"{now:.0f}"}
    url = f"{prometheus_url}/api/v1/label/model/values"
    try:
        answer = await http.get(url, params=given, timeout=WITHIN_SECONDS)
        return models_of(_names(answer.content).data)
    except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.MsgspecError, UnicodeDecodeError):
        return None  # the strip says what is with Prometheus


def models_of(values: list[str]) -> list[str]:
    """The names among a label's values."""
    return sorted(set(values) - UNNAMED - {""})[:MOST]
