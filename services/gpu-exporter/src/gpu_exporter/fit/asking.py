"""Whether a model fits, asked of Ollama and of what the exporter has read: the way in and out.

What a caller may be told instead of an answer:

    Refused
    ├── 400  what is asked makes no sense
    ├── 404  Ollama has no such model
    ├── 502  what answers at Ollama's address is none, or answers with an error
    └── 503  nothing answers there, or too many ask
"""

import contextlib
import difflib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import psutil

from gpu_exporter.board import recent
from gpu_exporter.collector import Context
from gpu_exporter.fit import document
from gpu_exporter.fit.answer import Seen, answer, head_room
from gpu_exporter.fit.document import Document
from gpu_exporter.fit.facts import ModelFacts, read_facts
from gpu_exporter.fit.question import Asked, BadQuestionError, read_question
from gpu_exporter.fit.verdict import Kind
from gpu_exporter.http import HttpError, NoAnswerError
from gpu_exporter.ollama.client import OllamaClient
from ollama_observe.wire.installed import InstalledModel
from ollama_observe.wire.locations import Location, is_cloud_name

_SHOW = "/api/show"

_ASK_SECONDS = 8.0
_ASKING_AT_A_TIME = 4
_NEAR_NAMES = 3

Open = Callable[[], OllamaClient]


class Refused(Exception):  # noqa: N818 (it is an answer)
    """There is no answer; the message is a sentence for who asked."""

    def __init__(self, status: HTTPStatus, said: str) -> None:
        super().__init__(said)
        self.status = status


@dataclass(frozen=True, slots=True)
class HostMemory:
    """The machine's memory. Units: bytes."""

    available: float
    total: float


def host_memory() -> HostMemory:
    """The machine's memory as it is now; in a container, too."""
    found = psutil.virtual_memory()
    return HostMemory(float(found.available), float(found.total))


class Fitting:
    """Answers whether models fit. May be asked by several threads."""

    def __init__(
        self,
        context: Context,
        open_client: Open | None = None,
        memory: Callable[[], HostMemory] = host_memory,
    ) -> None:
        self._context = context
        self._open = open_client or self._client
        self._memory = memory
        self._free = threading.BoundedSemaphore(_ASKING_AT_A_TIME)

    def ask(self, given: Sequence[tuple[str, str]]) -> Document:
        """The answer to the parts of a query string. Raises: Refused."""
        try:
            asked = read_question(given)
        except BadQuestionError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        with self._place(), contextlib.closing(self._open()) as client:
            try:
                return self._answer(asked, client)
            except NoAnswerError as error:
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
            except HttpError as error:
                raise Refused(HTTPStatus.BAD_GATEWAY, str(error)) from error

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if not self._free.acquire(blocking=False):
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{_ASKING_AT_A_TIME} others ask at the same time: try again",
            )
        try:
            yield
        finally:
            self._free.release()

    def _client(self) -> OllamaClient:
        return OllamaClient(self._context.settings.ollama_url, _ASK_SECONDS)

    def _answer(self, asked: Asked, client: OllamaClient) -> Document:
        until = client.deadline()
        seen = self._seen(client, until)
        now = seen.unix_seconds
        if not asked.model:
            room = head_room(seen)
            return {"version": seen.version, "head_room": document.of_head_room(room, now)}
        model = self._installed(asked.model, client, until)
        if model.location is not Location.LOCAL:
            return _of_cloud(asked.model, seen)
        facts = read_facts(client.ask(_SHOW, until, {"model": asked.model}).body)
        if facts is None:
            raise client.wrong("something else", _SHOW)
        if facts.is_remote:
            return _of_cloud(asked.model, seen)
        size = model.size_bytes
        if size is None or not _is_of_llama(facts):
            return _of_other(asked.model, facts, seen)
        found = answer(asked, facts, size, seen)
        return document.of_answer(asked.model, found, seen.version, now)

    def _seen(self, client: OllamaClient, until: float) -> Seen:
        loaded, version = client.loaded(until), client.version(until)
        context = self._context
        board, now = context.board, context.clock()
        memory = self._memory()
        return Seen(
            loaded=loaded.models,
            gpus=recent(board.gpus, now) or (),
            host_available=memory.available,
            host_total=memory.total,
            unix_seconds=loaded.unix_seconds or context.wall_clock(),
            version=version,
            configuration=recent(board.configuration, now),
            is_elsewhere=context.settings.ollama_elsewhere,
        )

    def _installed(self, name: str, client: OllamaClient, until: float) -> InstalledModel:
        """The model of a name. Raises: Refused where there is none."""
        models = client.installed(until)
        found = next((model for model in models if model.name == name), None)
        if found is not None:
            return found
        if is_cloud_name(name):
            return InstalledModel(name, "", None, None, "", "", "", Location.CLOUD)
        raise Refused(HTTPStatus.NOT_FOUND, _missing(name, [model.name for model in models]))


def _missing(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, _NEAR_NAMES)
    if not names:
        return f"Ollama has no model {name}, nor any other: pull it first, then it can be told"
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names[:10])}"
    return f"Ollama has no model {name} ({hint}); one that is not pulled cannot be judged"


def _is_of_llama(facts: ModelFacts) -> bool:
    return facts.format in ("", "gguf") and bool(facts.architecture)


def _of_cloud(name: str, seen: Seen) -> Document:
    said = f"{name} is computed on another host: it takes nothing here"
    return document.of_nothing(name, Kind.FITS, said, head_room(seen), seen.unix_seconds)


def _of_other(name: str, facts: ModelFacts, seen: Seen) -> Document:
    kind = facts.format or "not told"
    said = (
        f"whether {name} fits cannot be told: its format is {kind}, and only how much llama.cpp "
        "takes of a GGUF file is known here"
    )
    return document.of_nothing(name, Kind.UNKNOWN, said, head_room(seen), seen.unix_seconds)
