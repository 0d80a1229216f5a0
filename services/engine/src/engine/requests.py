"""What clients may send: the fields this engine reads, of each route.

Fields that it does not know are ignored, as Ollama ignores them.
Source: Ollama api/types.go, openai/openai.go.
"""

from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

Options = dict[str, Any]


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        """A null field is an absent one, at every depth."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class Message(_Request):
    """A turn of a native chat."""

    role: StrictStr = ""
    content: StrictStr | None = ""
    images: list[Any] | None = None


class ChatRequest(_Request):
    """POST /api/chat."""

    model: StrictStr = ""
    messages: list[Message] = Field(default_factory=list)
    stream: StrictBool = True
    format: Any = None
    keep_alive: Any = None
    tools: list[Any] = Field(default_factory=list)
    options: Options = Field(default_factory=dict)
    think: Any = None
    truncate: StrictBool = True
    logprobs: StrictBool = False
    top_logprobs: StrictInt = 0


class GenerateRequest(_Request):
    """POST /api/generate."""

    model: StrictStr = ""
    prompt: StrictStr = ""
    suffix: StrictStr = ""
    system: StrictStr = ""
    template: StrictStr = ""
    context: list[StrictInt] = Field(default_factory=list)
    stream: StrictBool = True
    raw: StrictBool = False
    format: Any = None
    keep_alive: Any = None
    images: list[Any] = Field(default_factory=list)
    options: Options = Field(default_factory=dict)
    think: Any = None
    truncate: StrictBool = True
    logprobs: StrictBool = False
    top_logprobs: StrictInt = 0


class EmbedRequest(_Request):
    """POST /api/embed."""

    model: StrictStr = ""
    input: Any = None
    truncate: StrictBool = True
    dimensions: StrictInt = 0
    keep_alive: Any = None
    options: Options = Field(default_factory=dict)


class EmbeddingsRequest(_Request):
    """POST /api/embeddings, the older route."""

    model: StrictStr = ""
    prompt: StrictStr = ""
    keep_alive: Any = None
    options: Options = Field(default_factory=dict)


class ShowRequest(_Request):
    """POST /api/show. `name` is the older word for `model`."""

    model: StrictStr = ""
    name: StrictStr = ""
    verbose: StrictBool = False


class StreamOptions(_Request):
    """What else an OpenAI stream carries."""

    include_usage: StrictBool = False


class OpenAIMessage(_Request):
    """A turn of an OpenAI chat; its content is text or a list of parts."""

    role: StrictStr = ""
    content: Any = None


class _OpenAIRequest(_Request):
    model: StrictStr = ""
    stream: StrictBool = False
    stream_options: StreamOptions = Field(default_factory=StreamOptions)
    max_tokens: StrictInt | None = None
    temperature: StrictFloat | None = None
    top_p: StrictFloat | None = None
    frequency_penalty: StrictFloat | None = None
    presence_penalty: StrictFloat | None = None
    seed: StrictInt | None = None
    stop: Any = None


class OpenAIChatRequest(_OpenAIRequest):
    """POST /v1/chat/completions."""

    messages: list[OpenAIMessage] = Field(default_factory=list)
    max_completion_tokens: StrictInt | None = None
    response_format: dict[str, Any] | None = None
    tools: list[Any] = Field(default_factory=list)
    reasoning_effort: StrictStr | None = None
    logprobs: StrictBool = False
    top_logprobs: StrictInt = 0


class OpenAICompletionRequest(_OpenAIRequest):
    """POST /v1/completions. `logprobs` is how many alternatives to name."""

    prompt: Any = ""
    suffix: StrictStr = ""
    logprobs: StrictInt | None = None


class OpenAIEmbeddingsRequest(_Request):
    """POST /v1/embeddings."""

    model: StrictStr = ""
    input: Any = None
    dimensions: StrictInt = 0
    encoding_format: StrictStr = "float"
