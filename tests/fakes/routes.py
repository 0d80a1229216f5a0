"""Every route of Ollama, and the methods that it takes.

Source: Ollama server/routes.go (v0.33).
"""

from urllib.parse import unquote

READ = ("GET", "HEAD")
_POSTED = (
    "/api/generate",
    "/api/chat",
    "/api/embed",
    "/api/embeddings",
    "/api/pull",
    "/api/push",
    "/api/create",
    "/api/show",
    "/api/copy",
    "/api/me",
    "/api/signout",
    "/api/experimental/web_search",
    "/api/experimental/web_fetch",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/messages",
    "/v1/audio/transcriptions",
)
_PREFIXES = ("/api/blobs/", "/v1/models/", "/api/user/keys/")

METHODS: dict[str, tuple[str, ...]] = {
    "/": READ,
    "/api/version": READ,
    "/api/tags": READ,
    "/api/ps": ("GET",),
    "/api/status": ("GET",),
    "/api/experimental/model-recommendations": ("GET",),
    "/v1/models": ("GET",),
    "/v1/models/": ("GET",),
    "/api/blobs/": ("POST", "HEAD"),
    "/api/delete": ("DELETE",),
    "/api/user/keys/": ("DELETE",),
    **dict.fromkeys(_POSTED, ("POST",)),
}


def route_of(target: str) -> tuple[str, str]:
    """The route of a request's target, and the name that follows where a route has one."""
    path = unquote(target.partition("?")[0])
    for prefix in _PREFIXES:
        if path.startswith(prefix):
            return prefix, path.removeprefix(prefix)
    return path, ""
