"""Values that are good by themselves, and do not go together."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback


class ClashError(ValueError):
    """The sentence for the operator, and the variables that it is about."""

    def __init__(self, sentence: str, *names: str) -> None:
        super().__init__(sentence)
        self.names = names


def require_differing(ports: Iterable[tuple[str, int]]) -> None:
    """Raises: ClashError where two of the ports, by their variables, are one."""
    seen = dict[int, str]()
    for variable, port in ports:
        if port in seen:
            both = (seen[port], variable)
            raise ClashError(f"{' and '.join(both)} are both {port}", *both)
        seen[port] = variable


def require_another(ollama_url: str, proxy_port: int, else_at: str) -> None:
    """Raises: ClashError where Ollama would be the proxy, which would ask itself.

    `else_at` is where Ollama is looked for if nobody says.
    """
    parts = urlsplit(ollama_url)
    if is_loopback(parts.hostname or "") and parts.port == proxy_port:
        raise ClashError(
            f"OLLAMA_URL: expected where Ollama itself answers, found the proxy's own port "
            f"{proxy_port} (PROXY_PORT); without it the stack looks at {else_at}",
            *("OLLAMA_URL", "PROXY_PORT"),
        )
