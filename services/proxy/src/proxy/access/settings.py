"""What access can be told, by environment (`PROXY_*`) or command line."""

from pathlib import Path

from pydantic import Field

from ollama_observe.service.settings import ServiceSettings


class AccessSettings(ServiceSettings):
    """The part of the proxy's settings that says who may ask for what."""

    api_keys_file: Path | None = Field(
        None,
        description="A file of hashed API keys (docs/KEYS.md): with it every request needs one of "
        "them. It is read again when it changes. None: nobody is asked for a key.",
    )
    trusted_addresses: str = Field(
        "",
        description="Addresses and networks (10.0.0.7, 10.1.0.0/16), by commas, whose word is "
        "taken for who asks: PROXY_TRUSTED_USER_HEADER. Empty: nobody's.",
    )
    trusted_user_header: str = Field(
        "X-OpenWebUI-User-Email",
        description="Header in which a trusted address says who asks, as Open WebUI does with "
        "ENABLE_FORWARD_USER_INFO_HEADERS; its value is the `user` of metrics.",
    )

    @property
    def knows_callers(self) -> bool:
        """Whether it is told who asks: by keys, or by trusted addresses."""
        return self.api_keys_file is not None or bool(self.trusted_addresses.strip())
