"""A gateway, and requests that set out to go through it, by a clock that is moved by hand."""

from typing import Any

from ollama_observe.wire.endpoints import endpoint_of_target
from proxy.heads import read_request
from proxy.pool import UpstreamPool
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.crossings import Crossing
from proxy.portkey.gateway import Gateway
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.ways import Direct

LEG = "http://127.0.0.1:11436/to/ollama"
PLAIN: dict[str, Any] = {"provider": "openai", "api_key": "k", "custom_host": "${ollama}"}
ELSEWHERE = PortkeyConfig.checked({**PLAIN, "custom_host": "http://elsewhere:11434"})
CHAT = b"POST /api/chat HTTP/1.1\r\nContent-Length: 9"
OPENAI = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 9"


class World:
    """A gateway, and a clock that is moved by hand."""

    def __init__(
        self,
        config: PortkeyConfig | None = None,
        url: str = "http://gpu:11434",
        leg: str = "http://127.0.0.1:11436",
        **told: object,
    ) -> None:
        self.now = 0.0
        settings = ProxySettings.model_validate({"portkey_timeout_seconds": 60, **told})
        self.state = Shared().gateway
        self.gateway = Gateway(
            settings,
            UpstreamPool("http://gateway:8787", 1.0),
            Direct(UpstreamPool(url, 1.0), settings.allowed_hosts),
            self.state,
            {name: f"{leg}/to/{name}" for name in ("ollama", "second")},
            config,
            lambda: self.now,
        )
        self.given_up = 0

    def cross(self, raw: bytes) -> Crossing:
        """A request sets out."""
        head = read_request(raw)
        endpoint = endpoint_of_target(head.target)
        return Crossing(self.gateway, head, endpoint, "id-1", self._give_up)

    def sent(self, raw: bytes) -> list[bytes]:
        """The lines of its head as it goes out, without the one that holds its token."""
        lines = self.cross(raw).head(read_request(raw)).split(b"\r\n")
        assert lines[-2:] == [b"", b""]
        return [line for line in lines[:-2] if not line.startswith(b"x-ollama-observe-leg: ")]

    def _give_up(self) -> None:
        self.given_up += 1
