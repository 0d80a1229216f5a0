"""The Portkey gateway, as all rooms know it: how it says that it is there, and what it is told.

Source: Portkey AI Gateway 1.15.2; design notes "portkey", parts 1 and 2.
"""

GREETING = "AI Gateway says hey!"
"""What `GET /` is answered with."""

WAY_THROUGH = "/v1/proxy"
"""The gateway sends what follows this prefix to the custom host, and its answer back as it is."""

PLACEHOLDER_KEY = "Bearer ollama"
"""An `Authorization` that says nothing: the gateway makes one up where none is sent."""


def headers_to(ollama_url: str) -> dict[str, str]:
    """What a request by the way through carries to reach `ollama_url`, which is without /v1."""
    return {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": ollama_url,
        "authorization": PLACEHOLDER_KEY,
    }
