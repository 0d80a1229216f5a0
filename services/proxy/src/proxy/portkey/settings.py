"""What the way through the gateway can be told, by environment (`PROXY_*`) or command line."""

from pathlib import Path

from pydantic import Field

from ollama_observe.service.settings import ServiceSettings
from ollama_observe.service.switches import AUTO, Switch


class PortkeySettings(ServiceSettings):
    """The part of the proxy's settings that is about the Portkey gateway and its way back."""

    enable_portkey: Switch = Field(
        False,
        description="Send what the Portkey gateway can carry through it; X-Route chooses for one "
        "request. `auto`: from when a gateway is found; until then everything goes directly.",
    )
    portkey_host: str = Field("127.0.0.1", description="Where the gateway answers.")
    portkey_port: int = Field(8787, ge=1, le=65535, description="Port of the gateway.")
    portkey_config: Path | None = Field(
        None,
        description="A configuration of the gateway's, which goes with every request to it; "
        "`${ollama}` in it is where the gateway reaches Ollama. None: it is told provider and "
        "host alone.",
    )
    portkey_strict: bool = Field(
        False, description="502 where the gateway is down; else requests go directly then."
    )
    portkey_typed_routes: bool = Field(
        False,
        description="Use the gateway's own routes for OpenAI's and Anthropic's formats, for its "
        "guardrails: it drops fields that it does not know and rewrites errors.",
    )
    portkey_client_headers: bool = Field(
        False,
        description="Let clients' own x-portkey-* headers through: they choose where the gateway "
        "sends their requests.",
    )
    portkey_timeout_seconds: float = Field(
        60.0,
        gt=0,
        description="Longest time that the gateway may keep a request or a piece of its answer to "
        "itself, its waits between retries included; then 504.",
    )
    return_leg: bool = Field(
        True,
        description="Let the gateway's requests come back through this proxy on their way to "
        "Ollama: only then does a client that leaves stop the model.",
    )
    return_leg_host: str = Field("127.0.0.1", description="Address of the return leg.")
    return_leg_port: int = Field(
        11436,
        ge=0,
        le=65535,
        description="Port of the return leg; with several workers, of the first one's.",
    )
    return_leg_name: str = Field(
        "",
        description="The name by which the gateway reaches the return leg. Empty: its address, or "
        "this machine's name where that is every address.",
    )
    upstreams: str = Field(
        "",
        description="Further Ollamas for the gateway's configuration, as `name=URL`, by commas; "
        "`ollama` is the one of PROXY_OLLAMA_URL.",
    )

    @property
    def expects_portkey(self) -> bool:
        """Whether a gateway is used from the start, be it there or not.

        One that nothing may pass by is: `auto` would let requests pass until it is found.
        """
        return self.enable_portkey is True or (self.enable_portkey == AUTO and self.portkey_strict)
