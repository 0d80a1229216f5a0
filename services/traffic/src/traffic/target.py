"""Whether the server under test can be asked at all, told before the first question."""

import httpx2

from ollama_observe.wire.models import normalise_model
from traffic.protocol import error_message


class TargetError(Exception):
    """Nothing can be asked; the message is a sentence with the remedy."""


async def check_target(http: httpx2.AsyncClient, base_url: str, model: str) -> None:
    """Raise TargetError unless something answers at `base_url` and offers `model`.

    A server without a list of models (404) is not held against it: the questions will tell.
    """
    try:
        response = await http.get("/api/tags", timeout=30.0)
    except httpx2.RequestError as error:
        raise TargetError(
            f"nothing answers at {base_url}; start the stack with `make start`"
        ) from error
    if response.status_code == httpx2.codes.NOT_FOUND:
        return
    if response.status_code != httpx2.codes.OK:
        said = error_message(response.content)
        raise TargetError(f"{base_url} answers with HTTP {response.status_code}: {said}")
    names = _names(base_url, response)
    if normalise_model(model) not in {normalise_model(name) for name in names}:
        offered = ", ".join(names) or "no model at all"
        raise TargetError(f"{base_url} has no model {model}; /api/tags offers {offered}")


def _names(base_url: str, response: httpx2.Response) -> list[str]:
    try:
        return [str(model["name"]) for model in response.json()["models"]]
    except (ValueError, LookupError, TypeError) as error:
        raise TargetError(f"{base_url} is no Ollama: /api/tags does not list models") from error
