"""Why nothing is told of Ollama, in sentences that several say."""

from ollama_observe.service.addresses import without_credentials


def elsewhere(unseen: str) -> str:
    """That it runs on another machine, and what is therefore not seen."""
    return f"Ollama runs on another machine (GPU_EXPORTER_OLLAMA_ELSEWHERE): {unseen}"


ROOM_ELSEWHERE = elsewhere("what is free there is not seen from here")


def silence(url: str) -> str:
    """That nobody answers at its address; without the address's credentials."""
    return f"no Ollama answers at {without_credentials(url).rstrip('/')}"
