"""What a request asks for, in one form for the four routes that generate text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import durations, errors, schemas
from engine.bodies import go_type
from engine.errors import ApiError
from engine.prompts import Turn
from engine.requests import (
    ChatRequest,
    GenerateRequest,
    OpenAIChatRequest,
    OpenAICompletionRequest,
    OpenAIMessage,
)


@dataclass(frozen=True, slots=True)
class Job:
    """A request for text.

    Shape: exactly one of `turns` and `raw` is the prompt, `context` are tokens before it.
    `logprobs` is None for none, else how many alternatives a token. `keep_alive` is as the
    client sent it; None is the engine's default.
    """

    model: str
    kind: str
    stream: bool
    options: Mapping[str, Any]
    turns: list[Turn] = field(default_factory=list)
    raw: str | None = None
    context: list[int] = field(default_factory=list)
    drops_turns: bool = False
    is_load: bool = False
    schema: Any = None
    logprobs: int | None = None
    truncate: bool = True
    keep_alive: float | str | None = None
    wants_thinking: bool = False
    wants_tools: bool = False
    wants_insert: bool = False
    has_images: bool = False

    @property
    def is_unload(self) -> bool:
        """Whether the request says that the model should leave memory."""
        return self.is_load and self.keep_alive is not None and keep_alive(self.keep_alive) == 0


def keep_alive(value: float | str) -> float | None:
    """The keep-alive of a request in seconds; None is forever."""
    return durations.keep_alive_seconds(durations.parse(value) if isinstance(value, str) else value)


def stay(asked: float | str | None, default_seconds: float | None) -> float | None:
    """How long a model stays after this use, in seconds; None is forever.

    `asked` is the request's keep-alive, None where it says nothing.
    """
    return default_seconds if asked is None else keep_alive(asked)


def checked_keep_alive(value: Any) -> float | str | None:
    """`keep_alive` as sent, when it can be read. Raises ApiError 400."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if not isinstance(value, str):
        raise ApiError(400, f"Unsupported type: '{go_type(value)}'", in_body=True)
    try:
        durations.parse(value)
    except durations.DurationError as error:
        raise ApiError(400, str(error), in_body=True) from error
    return value


def _logprobs(wanted: bool, alternatives: int) -> int | None:
    if not 0 <= alternatives <= 20:
        raise ApiError(400, "top_logprobs must be between 0 and 20")
    return alternatives if wanted else None


def of_chat(request: ChatRequest) -> Job:
    """POST /api/chat."""
    return Job(
        model=request.model,
        kind="chat",
        stream=request.stream,
        options=request.options,
        turns=[{"role": m.role, "content": m.content or ""} for m in request.messages],
        drops_turns=True,
        is_load=not request.messages,
        schema=schemas.of_format(request.format),
        logprobs=_logprobs(request.logprobs, request.top_logprobs),
        truncate=request.truncate,
        keep_alive=checked_keep_alive(request.keep_alive),
        wants_thinking=bool(request.think),
        wants_tools=bool(request.tools),
        has_images=any(message.images for message in request.messages),
    )


def of_generate(request: GenerateRequest) -> Job:
    """POST /api/generate."""
    if request.raw and (request.template or request.system or request.context):
        raise ApiError(400, "raw mode does not support template, system, or context")
    if request.template:
        raise ApiError(
            501,
            "the embedded engine renders prompts with the model's own template only: "
            "install Ollama to use `template`",
        )
    system: list[Turn] = [{"role": "system", "content": request.system}] if request.system else []
    return Job(
        model=request.model,
        kind="generate",
        stream=request.stream,
        options=request.options,
        turns=[] if request.raw else [*system, {"role": "user", "content": request.prompt}],
        raw=request.prompt if request.raw else None,
        context=list(request.context),
        is_load=not request.prompt and not request.suffix,
        schema=schemas.of_format(request.format),
        logprobs=_logprobs(request.logprobs, request.top_logprobs),
        truncate=request.truncate,
        keep_alive=checked_keep_alive(request.keep_alive),
        wants_thinking=bool(request.think),
        wants_insert=bool(request.suffix),
        has_images=bool(request.images),
    )


def of_openai_chat(request: OpenAIChatRequest) -> Job:
    """POST /v1/chat/completions."""
    if not request.messages:
        raise ApiError(400, "[] is too short - 'messages'", in_body=True)
    turns = [{"role": m.role, "content": _text(m)} for m in request.messages]
    max_tokens = request.max_completion_tokens or request.max_tokens
    return Job(
        model=request.model,
        kind="chat",
        stream=request.stream,
        options=_openai_options(request, max_tokens),
        turns=turns,
        drops_turns=True,
        schema=_response_schema(request.response_format),
        logprobs=_logprobs(request.logprobs, request.top_logprobs),
        wants_thinking=request.reasoning_effort not in (None, "", "none"),
        wants_tools=bool(request.tools),
        has_images=any(_has_image(message) for message in request.messages),
    )


def of_openai_completion(request: OpenAICompletionRequest) -> Job:
    """POST /v1/completions: the prompt becomes the user's turn, as with Ollama."""
    prompt = request.prompt
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise ApiError(400, "prompt must be a string", in_body=True)
    return Job(
        model=request.model,
        kind="generate",
        stream=request.stream,
        options=_openai_options(request, request.max_tokens),
        turns=[{"role": "user", "content": prompt}],
        is_load=not prompt,
        logprobs=None if request.logprobs is None else _logprobs(True, request.logprobs),
        wants_insert=bool(request.suffix),
    )


def _openai_options(
    request: OpenAIChatRequest | OpenAICompletionRequest, max_tokens: int | None
) -> dict[str, Any]:
    given = {
        "num_predict": max_tokens,
        "temperature": request.temperature if request.temperature is not None else 1.0,
        "top_p": request.top_p if request.top_p is not None else 1.0,
        "frequency_penalty": request.frequency_penalty,
        "presence_penalty": request.presence_penalty,
        "seed": request.seed,
        "stop": _stops(request.stop),
    }
    return {name: value for name, value in given.items() if value is not None}


def _stops(stop: Any) -> list[str] | None:
    if stop is None or isinstance(stop, str):
        return None if stop is None else [stop]
    if not isinstance(stop, list):
        raise ApiError(400, f"invalid type for 'stop' field: {go_type(stop)}", in_body=True)
    for item in stop:
        if not isinstance(item, str):
            raise ApiError(400, f"invalid type for 'stop' field: {go_type(item)}", in_body=True)
    return stop


def _response_schema(response_format: Mapping[str, Any] | None) -> Any:
    match response_format:
        case {"type": "json_object"}:
            return schemas.ANY_OBJECT
        case {"type": "json_schema", "json_schema": {"schema": dict() as wanted}}:
            return schemas.checked(wanted)
    return None


def _text(message: OpenAIMessage) -> str:
    content = message.content
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ApiError(400, f"invalid message content type: {go_type(content)}", in_body=True)
    parts = [part for part in content if isinstance(part, dict)]
    return "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")


def _has_image(message: OpenAIMessage) -> bool:
    content = message.content
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)


def refuse_unsupported(job: Job, *, is_embedding_only: bool) -> None:
    """Raise Ollama's refusal of what the model cannot do."""
    if is_embedding_only:
        raise ApiError(400, f'"{job.model}" does not support {job.kind}')
    if job.wants_thinking:
        raise ApiError(400, f'"{job.model}" does not support thinking')
    if job.wants_tools:
        raise ApiError(400, f"{job.model} does not support tools")
    if job.wants_insert:
        raise ApiError(400, f'"{job.model}" does not support insert')
    if job.has_images:
        raise errors.StreamError(400, errors.NO_IMAGES)
