"""Prompts that look cut: judged at once, or when Ollama has said how large the context is."""

import asyncio

import pytest

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.wire.endpoints import Answer, endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import read_request
from proxy.pages import Pages
from proxy.story import Story
from proxy.truncations import WAITING_LIMIT, Truncations
from tests.ledgers import ReadLedger

LONG = "word " * 3000


class Ollama:
    """Says what it has loaded when it is let."""

    def __init__(self, **sizes: int) -> None:
        self.sizes = sizes
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> dict[str, int]:
        self.asked += 1
        await self.may_answer.wait()
        return {f"{name}:latest": size for name, size in self.sizes.items()}


class Desk:
    """Books requests, each with so many prompt tokens."""

    def __init__(self, ollama: Ollama) -> None:
        self.read = ReadLedger()
        self._pages = Pages(self.read.ledger)
        self._truncations = Truncations(ollama)

    def book(
        self, tokens: int, asked: str = "", prompt: str = LONG, is_cloud: bool = False
    ) -> None:
        story = Story("", "", "", "POST", endpoint_of("/api/generate"), True, "m:latest", 0)
        body = f'{{"model":"M","prompt":"{prompt}"{asked}}}'
        story.facts = read_request(body.encode())
        story.is_cloud = is_cloud
        story.meter = StreamMeter(Answer.GENERATE, Framing.NDJSON)
        story.meter.feed(0.0, b'{"done":true,"prompt_eval_count":%d}\n' % tokens)
        self._truncations.book(self._pages.of(story), story)

    @property
    def suspected(self) -> float | None:
        labels = {"model": "m:latest", "endpoint": "/api/generate"}
        return self.read.value(m.TRUNCATIONS, **labels)


def with_context(tokens: int) -> str:
    return f',"options":{{"num_ctx":{tokens}}}'


async def test_with_the_context_in_the_request_nobody_is_asked() -> None:
    ollama = Ollama(m=512)
    desk = Desk(ollama)
    desk.book(258, with_context(512))
    desk.book(400, with_context(512))
    desk.book(258, with_context(512), prompt="short")
    await asyncio.sleep(0)
    assert (desk.suspected, ollama.asked) == (1, 0)


async def test_of_what_was_answered_elsewhere_no_context_is_known() -> None:
    ollama = Ollama(m=512)
    desk = Desk(ollama)
    desk.book(258, with_context(512), is_cloud=True)
    desk.book(258, is_cloud=True)
    await asyncio.sleep(0)
    assert (desk.suspected, ollama.asked) == (None, 0)


async def test_without_it_ollama_is_asked_once_for_all_that_wait() -> None:
    ollama = Ollama(m=512)
    desk = Desk(ollama)
    for tokens in (258, 400, 511):
        desk.book(tokens)
    await asyncio.sleep(0)
    assert (desk.suspected, ollama.asked) == (None, 1)
    desk.book(258)  # while the question is under way
    ollama.may_answer.set()
    async with asyncio.timeout(5):
        while ollama.asked < 2 or desk.suspected != 3:
            await asyncio.sleep(0)
    desk.book(258)
    async with asyncio.timeout(5):
        while desk.suspected != 4:
            await asyncio.sleep(0)
    assert ollama.asked == 3


@pytest.mark.parametrize(
    ("tokens", "asked", "prompt"),
    [
        (258, "", "word " * 405),
        (3010, "", LONG),
        (258, ',"truncate":false', LONG),
    ],
)
async def test_what_can_be_all_of_the_text_is_no_reason_to_ask(
    tokens: int, asked: str, prompt: str
) -> None:
    ollama = Ollama(m=512)
    desk = Desk(ollama)
    desk.book(tokens, asked, prompt)
    await asyncio.sleep(0)
    assert (desk.suspected, ollama.asked) == (None, 0)


async def test_a_model_that_is_loaded_no_more_suspects_nothing() -> None:
    ollama = Ollama(other=512)
    ollama.may_answer.set()
    desk = Desk(ollama)
    desk.book(258)
    for _ in range(5):
        await asyncio.sleep(0)
    assert (desk.suspected, ollama.asked) == (None, 1)


async def test_those_who_wait_are_bounded() -> None:
    ollama = Ollama(m=512)
    desk = Desk(ollama)
    for _ in range(WAITING_LIMIT + 10):
        desk.book(258)
    ollama.may_answer.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.suspected == WAITING_LIMIT
