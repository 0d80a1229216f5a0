import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import pytest
from prometheus_client import CollectorRegistry

from engine import errors, shapes_native
from engine.answering import answer
from engine.errors import ApiError
from engine.exchanges import Answer
from engine.inference import Inference
from engine.jobs import Job
from engine.metrics import EngineMetrics
from engine.settings import EngineSettings
from tests.children import Starts

TIMINGS = {"prompt_ms": 1.5, "predicted_ms": 2.5}
PIECES = [{"content": "Hel", "stop": False}, {"content": "lo", "stop": False}]
END = {
    "content": "",
    "stop": True,
    "stop_type": "eos",
    "tokens_evaluated": 3,
    "tokens_predicted": 2,
    "timings": TIMINGS,
}
TURNS = [{"role": "user", "content": "Hi"}]


class Told:
    """What a client was sent."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def send(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def chunks(self) -> list[Any]:
        bodies = [message.get("body") for message in self.messages]
        return [json.loads(body) for body in bodies if body]


class Engine:
    """An engine whose model process follows a script."""

    def __init__(self, folder: Path, events: Sequence[Any], tokens: int = 3) -> None:
        writer = gguf.GGUFWriter(folder / "m.gguf", "llama")
        writer.add_context_length(64)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        self.starts = Starts(
            {
                "/apply-template": {"prompt": "rendered"},
                "/tokenize": {"tokens": list(range(tokens))},
                "/completion": events,
            }
        )
        settings = EngineSettings(models_dir=folder, threads=1)
        self.inference = Inference(settings, EngineMetrics(CollectorRegistry()), self.starts)

    async def answer(self, **job: Any) -> Told:
        told = Told()
        wanted = Job(**{"model": "m", "kind": "generate", "options": {}, "turns": TURNS} | job)
        shape = shapes_native.Generate("m", gives_context=True)
        try:
            await answer(self.inference, wanted, shape, Answer(told.send))
        finally:
            await self.inference.close()
        return told

    @property
    def asked(self) -> list[tuple[str, Any]]:
        return self.starts.children[0].asked


async def test_a_stream_has_a_chunk_a_piece_and_ends_with_counts_and_context(
    tmp_path: Path,
) -> None:
    told = await Engine(tmp_path, [*PIECES, END]).answer(stream=True)
    *pieces, last = told.chunks
    assert [piece["response"] for piece in pieces] == ["Hel", "lo"]
    assert (last["done"], last["done_reason"], last["eval_count"]) == (True, "stop", 2)
    assert (last["prompt_eval_duration"], last["eval_duration"]) == (1_500_000, 2_500_000)
    assert last["context"] == [0, 1, 2, 0, 1, 2]
    assert told.messages[-1] == {"type": "http.response.body", "body": b""}


async def test_a_whole_answer_is_one_document(tmp_path: Path) -> None:
    told = await Engine(tmp_path, [*PIECES, END]).answer(stream=False)
    (document,) = told.chunks
    assert (document["response"], document["prompt_eval_count"]) == ("Hello", 3)


async def test_a_load_starts_the_model_and_asks_it_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path, [])
    told = await engine.answer(stream=True, turns=[], is_load=True)
    assert told.chunks[0]["done_reason"] == "load"
    assert engine.asked == []


async def test_an_unload_starts_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path, [])
    told = await engine.answer(stream=True, turns=[], is_load=True, keep_alive=0)
    assert told.chunks[0]["done_reason"] == "unload"
    assert engine.starts.specs == []


async def test_a_stream_that_breaks_after_its_first_piece_ends_with_the_error(
    tmp_path: Path,
) -> None:
    told = await Engine(tmp_path, PIECES).answer(stream=True)
    assert told.messages[0]["status"] == 200
    assert told.chunks[-1] == {"error": errors.BROKEN}


@pytest.mark.parametrize(("stream", "events"), [(True, []), (False, PIECES)])
async def test_what_breaks_before_anything_was_sent_has_a_status_of_its_own(
    stream: bool, events: list[Any], tmp_path: Path
) -> None:
    with pytest.raises(ApiError) as caught:
        await Engine(tmp_path, events).answer(stream=stream)
    assert (caught.value.status, caught.value.message) == (500, errors.BROKEN)


async def test_a_raw_prompt_goes_to_the_model_without_its_template(tmp_path: Path) -> None:
    engine = Engine(tmp_path, [END])
    await engine.answer(stream=True, turns=[], raw="as it is")
    assert [path for path, _ in engine.asked] == ["/tokenize", "/completion", "/tokenize"]
    assert engine.asked[0][1]["content"] == "as it is"


async def test_a_prompt_that_does_not_fit_loses_its_middle_or_is_refused(tmp_path: Path) -> None:
    engine = Engine(tmp_path, [END], tokens=100)
    with pytest.raises(ApiError, match="100 tokens"):
        await engine.answer(stream=True, truncate=False)
    await engine.answer(stream=True)
    (body,) = [body for path, body in engine.starts.children[1].asked if path == "/completion"]
    assert body["prompt"] == [0, 1, 2, 3, *range(70, 100)]


async def test_what_the_model_cannot_do_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    engine = Engine(tmp_path, [])
    with pytest.raises(ApiError, match="does not support tools"):
        await engine.answer(stream=True, wants_tools=True)
    assert engine.starts.specs == []
