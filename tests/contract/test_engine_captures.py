"""The engine answers recorded requests as Ollama did: status, headers, framing, JSON.

Values are compared where they do not depend on model or machine: error texts, fixed words.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients import Head, RawClient
from tests.engines import MODEL, RunningEngine, running_engine
from tests.fakes import captures
from tests.fakes.captures import Capture

# Recorded exchanges that this engine does not repeat, by the beginning of their names.
NOT_REPEATED = {
    "blob-": "there is no blob store: refused, see the refusals below",
    "broken-": "needs the model process killed: tests/integration/test_engine_failures.py",
    "chat-think-": "the model has no thinking template",
    "chat-tools-": "the model has no tool template",
    "chat-waited-": "needs two models: tests/integration/test_engine_memory.py",
    "closed-after-": "needs a client that leaves: tests/integration/test_engine_cancel.py",
    "copy": "refused",
    "create-": "refused",
    "delete": "refused",
    "error-busy-": "needs a full queue: tests/integration/test_engine_memory.py",
    "error-copy-": "refused",
    "error-delete-": "refused",
    "error-embed-unsupported": "this engine loads every model for embeddings, too",
    "error-embeddings-unsupported": "likewise",
    "error-model-missing-v1-messages": "refused",
    "error-model-missing-v1-responses": "refused",
    "error-pull-": "refused",
    "generate-think-": "the model has no thinking template",
    "parallel-": "three at once: tests/integration/test_engine_memory.py",
    "ps-": "depends on what was asked before: tests/integration/test_engine_memory.py",
    "v1-chat-think-": "the model has no thinking template",
    "v1-chat-tools-": "the model has no tool template",
    "v1-messages-": "refused",
    "v1-responses-": "refused",
}
REPEATED = [
    name for name in captures.names() if not any(name.startswith(begin) for begin in NOT_REPEATED)
]
RENAMED = {"all-minilm:22m": MODEL}
REGISTRY = "registry.example/library/"
# this model's own template adds a system turn that Ollama's did not have
TOKENS = re.compile(r"\b3\d{3}\b")
# What the file or this engine says, with other keys than the recorded model
OPEN_OBJECTS = ("model_info",)
# Ollama keeps parameters with a model; this engine has none to tell
OPTIONAL = ("parameters",)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it came. `chunks` has one entry an HTTP chunk, or one for the body."""

    head: Head
    chunks: list[bytes]

    @property
    def framing(self) -> str:
        if self.head.get("transfer-encoding") == "chunked":
            return "chunked"
        return "content-length" if self.head.get("content-length") is not None else "close"


def recorded(capture: Capture) -> Told:
    """The recorded answer; behind a 100 the real one follows in the body."""
    head, chunks = capture.head, [chunk for _, chunk in capture.chunks]
    if capture.status == 100:
        head, _, body = chunks[0].partition(b"\r\n\r\n")
        chunks = [body]
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Told(Head(int(first.split()[1]), tuple((k, v.strip()) for k, _, v in pairs)), chunks)


def request_body(capture: Capture) -> bytes:
    body = capture.request_body
    for old, new in RENAMED.items():
        body = body.replace(old.encode(), new.encode())
    return body


async def repeat(engine: RunningEngine, capture: Capture) -> Told:
    skipped = ("content-length", "connection")
    headers = [f"{k}: {v}" for k, v in capture.headers.items() if k.lower() not in skipped]
    async with await RawClient.connect(engine.url) as client:
        await client.request(
            capture.method, capture.path, request_body(capture), *headers, "Connection: close"
        )
        head = await client.head()
        if head.status == 100:
            head = await client.head()
        chunks = []
        if head.get("transfer-encoding") == "chunked":
            while chunk := await client.chunk():
                chunks.append(chunk)
        elif body := await client.rest():
            chunks.append(body)
    return Told(head, chunks)


def shape(value: Any, key: str = "") -> Any:
    """Keys in their order and the kinds of values, without the values."""
    if key in OPEN_OBJECTS:
        return type(value).__name__
    if isinstance(value, dict):
        return [(name, shape(x, name)) for name, x in value.items() if name not in OPTIONAL]
    if isinstance(value, list):
        same = [item for item in value if not isinstance(item, dict) or _is_ours(item)]
        kinds = [shape(item) for item in same]
        return ("list", [kind for at, kind in enumerate(kinds) if kind not in kinds[:at]])
    if isinstance(value, bool) or value is None:
        return str(value)
    return "number" if isinstance(value, int | float) else type(value).__name__


def _is_ours(entry: dict[str, Any]) -> bool:
    """Whether a list's entry is about no model, or about the one under test."""
    named = entry.get("model") or (entry.get("id") if entry.get("object") == "model" else None)
    return named in (None, MODEL)


def records(told: Told) -> list[Any]:
    """Every JSON document of a body, and the words that are none."""
    kind = told.head.get("content-type") or ""
    text = b"".join(told.chunks).decode()
    if kind == "text/event-stream":
        datas = [event.removeprefix("data: ") for event in text.split("\n\n") if event]
        return [data if data == "[DONE]" else json.loads(data) for data in datas]
    if kind.startswith("application/x-ndjson"):
        return [json.loads(line) for line in text.splitlines()]
    if kind.startswith("application/json") and text:
        return [json.loads(text)]
    return [text]


def shapes_in_order(told: Told) -> list[Any]:
    """Shapes of the records; a run of equal ones counts once, as answers differ in length."""
    found: list[Any] = []
    for record in records(told):
        one = record if isinstance(record, str) else shape(record)
        if not found or found[-1] != one:
            found.append(one)
    return found


def error_of(told: Told) -> Any:
    (record,) = records(told)
    text = json.dumps(record).replace(REGISTRY, "")
    return json.loads(TOKENS.sub("N", text))


@pytest.mark.parametrize("name", REPEATED)
async def test_the_engine_answers_as_ollama_did(name: str, engine: RunningEngine) -> None:
    capture = captures.load(name)
    wanted, got = recorded(capture), await repeat(engine, capture)
    assert got.head.status == wanted.head.status
    assert got.head.get("content-type") == wanted.head.get("content-type")
    if capture.method != "HEAD":
        assert got.framing == wanted.framing
    for header in ("allow", "vary", "access-control-allow-origin", "access-control-max-age"):
        assert got.head.get(header) == wanted.head.get(header)
    if wanted.head.status >= 400 and wanted.chunks:
        assert error_of(got) == error_of(wanted)
    else:
        assert shapes_in_order(got) == shapes_in_order(wanted)


@pytest.mark.parametrize("name", ["chat-stream", "generate-stream", "v1-chat-stream"])
async def test_every_piece_is_one_http_chunk(name: str, engine: RunningEngine) -> None:
    told = await repeat(engine, captures.load(name))
    assert [chunk.count(b"\n") for chunk in told.chunks[:-1]] == (
        [told.chunks[0].count(b"\n")] * (len(told.chunks) - 1)
    )
    assert len(told.chunks) >= 12


def test_every_recorded_exchange_is_repeated_or_excused() -> None:
    excused = {
        begin: [name for name in captures.names() if name.startswith(begin)]
        for begin in NOT_REPEATED
    }
    assert all(excused.values()), "an excuse that excuses nothing"
    assert len(REPEATED) > 60


REFUSED = [
    ("POST", "/api/pull", b'{"model":"none:1b"}'),
    ("POST", "/api/push", b'{"model":"none:1b"}'),
    ("POST", "/api/create", b'{"model":"none:1b"}'),
    ("POST", "/api/copy", b'{"source":"a","destination":"b"}'),
    ("DELETE", "/api/delete", b'{"model":"none:1b"}'),
    ("POST", "/api/blobs/sha256:00", b"bytes"),
    ("POST", "/v1/messages", b"{}"),
    ("POST", "/v1/responses", b"{}"),
    ("POST", "/v1/audio/transcriptions", b"{}"),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
async def test_what_the_engine_cannot_do_it_refuses_and_names_ollama(
    method: str, path: str, body: bytes, engine: RunningEngine
) -> None:
    async with await RawClient.connect(engine.url) as client:
        await client.request(method, path, body)
        head = await client.head()
        document = json.loads(await client.body(head))
    assert head.status == 501
    error = document["error"]
    assert "install Ollama" in (error["message"] if path.startswith("/v1/") else error)


def test_the_model_under_test_is_the_recorded_one() -> None:
    assert Path(captures.FOLDER / "show.json").is_file()
    assert MODEL in captures.load("show").request_body.decode()
