"""Method and path to an Endpoint: a closed set, hence a bounded label.

Source: Ollama server/routes.go (v0.33), every route; design notes "ollama-api", part 1.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote


class Dialect(StrEnum):
    """Whose API a route speaks: decides the shape of an error body."""

    NATIVE = "native"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class Answer(StrEnum):
    """The kind of answer a route gives, as far as it is metered."""

    GENERATE = "generate"
    CHAT = "chat"
    EMBED = "embed"
    EMBEDDINGS = "embeddings"
    """Native, older: a vector and no counts."""
    OPENAI_CHAT = "openai_chat"
    OPENAI_COMPLETION = "openai_completion"
    OPENAI_EMBEDDINGS = "openai_embeddings"
    RESPONSES = "responses"
    TRANSCRIPTION = "transcription"
    """A text and no counts."""
    MESSAGES = "messages"
    PROGRESS = "progress"
    """Of a model on the move: read by ProgressMeter, all others by StreamMeter."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of Ollama. `template` is the label: no identifier of a client is in it."""

    template: str
    dialect: Dialect = Dialect.NATIVE
    answer: Answer = Answer.NONE
    has_model: bool = False
    """Whether the request body, JSON or a form, names a model."""
    proves_model: bool = False
    """Whether a 2xx answer means that the model exists. Not so for a pull: it answers 200
    before it has looked, and the failure comes inside."""
    operation: str = ""
    """What moves a model's bytes: `pull`, `push`, `create` or `upload`; empty elsewhere."""

    @property
    def is_metered(self) -> bool:
        """Whether answers are read for tokens, times or progress."""
        return self.answer is not Answer.NONE


OTHER = Endpoint("other")


def _inference(template: str, answer: Answer, dialect: Dialect = Dialect.NATIVE) -> Endpoint:
    return Endpoint(template, dialect, answer, has_model=True, proves_model=True)


def _transfer(template: str, operation: str) -> Endpoint:
    return Endpoint(template, answer=Answer.PROGRESS, has_model=True, operation=operation)


_EXACT = {
    endpoint.template: endpoint
    for endpoint in (
        Endpoint("/"),
        _inference("/api/generate", Answer.GENERATE),
        _inference("/api/chat", Answer.CHAT),
        _inference("/api/embed", Answer.EMBED),
        _inference("/api/embeddings", Answer.EMBEDDINGS),
        Endpoint("/api/version"),
        Endpoint("/api/status"),
        Endpoint("/api/tags"),
        Endpoint("/api/ps"),
        Endpoint("/api/show", has_model=True, proves_model=True),
        _transfer("/api/pull", "pull"),
        _transfer("/api/push", "push"),
        _transfer("/api/create", "create"),
        Endpoint("/api/copy"),
        Endpoint("/api/delete", has_model=True),
        Endpoint("/api/me"),
        Endpoint("/api/signout"),
        Endpoint("/api/experimental/web_search"),
        Endpoint("/api/experimental/web_fetch"),
        Endpoint("/api/experimental/model-recommendations"),
        _inference("/v1/chat/completions", Answer.OPENAI_CHAT, Dialect.OPENAI),
        _inference("/v1/completions", Answer.OPENAI_COMPLETION, Dialect.OPENAI),
        _inference("/v1/embeddings", Answer.OPENAI_EMBEDDINGS, Dialect.OPENAI),
        Endpoint("/v1/models", Dialect.OPENAI),
        _inference("/v1/responses", Answer.RESPONSES, Dialect.OPENAI),
        _inference("/v1/audio/transcriptions", Answer.TRANSCRIPTION, Dialect.OPENAI),
        _inference("/v1/messages", Answer.MESSAGES, Dialect.ANTHROPIC),
    )
}

# What follows the prefix is a digest, a model name or an encoded key: never a label.
_BY_PREFIX = (
    ("/api/blobs/", Endpoint("/api/blobs/:digest", operation="upload")),
    ("/v1/models/", Endpoint("/v1/models/:model", Dialect.OPENAI)),
    ("/api/user/keys/", Endpoint("/api/user/keys/:key")),
)

_BY_TARGET = {path.encode(): endpoint for path, endpoint in _EXACT.items()}
"""What nearly every request asks for, without a look at its parts."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The methods that are told apart; any other is one of a kind."""

ENDPOINTS = (*_EXACT.values(), *(endpoint for _, endpoint in _BY_PREFIX), OTHER)


_DIALECTS = (("/v1/messages/", Dialect.ANTHROPIC), ("/v1/", Dialect.OPENAI))
"""What clients speak below these paths, by the first that fits, whichever route they ask for."""


def path_of_target(target: bytes) -> str:
    """The decoded path of a raw request target, which may be a whole URL; empty where none is."""
    path = target.partition(b"?")[0]
    if not path.startswith(b"/"):
        _, is_url, rest = path.partition(b"://")
        if not is_url:
            return ""
        path = b"/" + rest.partition(b"/")[2]
    return unquote(path.decode("latin-1"), "latin-1")


def dialect_of(endpoint: Endpoint, path: str) -> Dialect:
    """The API that who asks for a decoded path speaks, also where Ollama does not serve it."""
    if endpoint is OTHER:
        return next(
            (found for prefix, found in _DIALECTS if path.startswith(prefix)), OTHER.dialect
        )
    return endpoint.dialect


def endpoint_of(path: str) -> Endpoint:
    """The endpoint that a decoded path belongs to; OTHER for what Ollama does not serve."""
    found = _EXACT.get(path)
    if found is not None:
        return found
    for prefix, endpoint in _BY_PREFIX:
        if path.startswith(prefix):
            return endpoint
    return OTHER


def endpoint_of_target(target: bytes) -> Endpoint:
    """The endpoint of a raw request target, which may be a whole URL."""
    return _BY_TARGET.get(target) or endpoint_of(path_of_target(target))
