"""Method and path to an Endpoint: a closed set, hence a bounded label.

Source: Ollama server/routes.go (v0.33), every route; design notes "ollama-api", part 1.
"""

from dataclasses import dataclass
from enum import StrEnum


class Dialect(StrEnum):
    """Whose API a route speaks: decides the shape of an error body."""

    NATIVE = "native"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class Answer(StrEnum):
    """The kind of answer a route gives, as far as it is metered."""

    GENERATE = "generate"
    CHAT = "chat"
    OPENAI_CHAT = "openai_chat"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of Ollama. `template` is the label: no identifier of a client is in it."""

    template: str
    dialect: Dialect = Dialect.NATIVE
    answer: Answer = Answer.NONE
    has_model: bool = False
    """Whether the request body is JSON that names a model."""
    proves_model: bool = False
    """Whether a 2xx answer means that the model exists. Not so for a pull: it answers 200
    before it has looked, and the failure comes inside."""

    @property
    def is_metered(self) -> bool:
        """Whether answers are read for tokens and times."""
        return self.answer is not Answer.NONE


OTHER = Endpoint("other")

_EXACT = {
    endpoint.template: endpoint
    for endpoint in (
        Endpoint("/"),
        Endpoint("/api/generate", answer=Answer.GENERATE, has_model=True, proves_model=True),
        Endpoint("/api/chat", answer=Answer.CHAT, has_model=True, proves_model=True),
        Endpoint("/api/embed", has_model=True, proves_model=True),
        Endpoint("/api/embeddings", has_model=True, proves_model=True),
        Endpoint("/api/version"),
        Endpoint("/api/status"),
        Endpoint("/api/tags"),
        Endpoint("/api/ps"),
        Endpoint("/api/show", has_model=True, proves_model=True),
        Endpoint("/api/pull", has_model=True),
        Endpoint("/api/push", has_model=True),
        Endpoint("/api/create", has_model=True),
        Endpoint("/api/copy"),
        Endpoint("/api/delete", has_model=True),
        Endpoint("/api/me"),
        Endpoint("/api/signout"),
        Endpoint("/api/experimental/web_search"),
        Endpoint("/api/experimental/web_fetch"),
        Endpoint("/api/experimental/model-recommendations"),
        Endpoint(
            "/v1/chat/completions",
            Dialect.OPENAI,
            answer=Answer.OPENAI_CHAT,
            has_model=True,
            proves_model=True,
        ),
        Endpoint("/v1/completions", Dialect.OPENAI, has_model=True, proves_model=True),
        Endpoint("/v1/embeddings", Dialect.OPENAI, has_model=True, proves_model=True),
        Endpoint("/v1/models", Dialect.OPENAI),
        Endpoint("/v1/responses", Dialect.OPENAI, has_model=True, proves_model=True),
        Endpoint("/v1/audio/transcriptions", Dialect.OPENAI),
        Endpoint("/v1/messages", Dialect.ANTHROPIC, has_model=True, proves_model=True),
    )
}

# What follows the prefix is a digest, a model name or an encoded key: never a label.
_BY_PREFIX = (
    ("/api/blobs/", Endpoint("/api/blobs/:digest")),
    ("/v1/models/", Endpoint("/v1/models/:model", Dialect.OPENAI)),
    ("/api/user/keys/", Endpoint("/api/user/keys/:key")),
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

ENDPOINTS = (*_EXACT.values(), *(endpoint for _, endpoint in _BY_PREFIX), OTHER)


def endpoint_of(path: str) -> Endpoint:
    """The endpoint that a decoded path belongs to; OTHER for what Ollama does not serve."""
    found = _EXACT.get(path)
    if found is not None:
        return found
    for prefix, endpoint in _BY_PREFIX:
        if path.startswith(prefix):
            return endpoint
    return OTHER


def method_label(method: str) -> str:
    """The method if it is one of HTTP's usual ones, else `other`."""
    return method if method in _METHODS else "other"
