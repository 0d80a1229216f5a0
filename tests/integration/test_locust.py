"""One plan on both runners: the same requests, the same tokens, the same judgement."""

import asyncio
import importlib.util
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.components import need
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import Call, ScriptedServer
from tests.fakes.turn import Model
from tests.unit.traffic.plan.test_trace import MODELS, two_models
from traffic.results.results import Result, load

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
LOCUSTFILE = REPOSITORY / "services" / "traffic" / "locustfile.py"


@pytest.fixture(autouse=True)
def _locust() -> None:
    is_there = importlib.util.find_spec("locust") is not None
    need("locust", is_there, "pip install --require-hashes -r requirements/locust.txt")


@dataclass
class Heard:
    """A scripted Ollama that keeps what it is asked."""

    ollama: FakeOllama = field(default_factory=FakeOllama)
    bodies: Counter[bytes] = field(default_factory=Counter)

    async def __call__(self, call: Call) -> None:
        await self.ollama(call)
        if call.target == "/api/chat":
            self.bodies[bytes(call.body)] += 1


@dataclass
class Halfway(Heard):
    """Answers so many questions, and then no more."""

    answered: int = 3
    is_halfway: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, call: Call) -> None:
        if call.target == "/api/chat" and self.bodies.total() >= self.answered:
            self.is_halfway.set()
            await call.peer_gone.wait()
        else:
            await super().__call__(call)


@dataclass
class Ran:
    code: int
    out: str
    err: str
    bodies: Counter[bytes]
    result: Result | None


async def run(module: str, *flags: str, into: Path, heard: Heard | None = None, **told: str) -> Ran:
    heard = heard or Heard()
    async with ScriptedServer(heard) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module, *flags),
            cwd=into,
            env={
                "TRAFFIC_BASE_URL": server.url,
                "TRAFFIC_PRESET": "demo",
                "TRAFFIC_RESULTS_DIRECTORY": str(into / "results"),
                **told,
            },
            stdout=PIPE,
            stderr=PIPE,
            process_group=0,
        )
        ending = asyncio.ensure_future(process.communicate())
        if isinstance(heard, Halfway):
            await asyncio.wait_for(heard.is_halfway.wait(), 100)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = await asyncio.wait_for(ending, 100)
    assert process.returncode is not None
    folders = list((into / "results").glob("2*"))
    found = load(folders[0]) if folders else None
    return Ran(process.returncode, out.decode(), err.decode(), heard.bodies, found)


async def locust(*flags: str, into: Path, heard: Heard | None = None, **told: str) -> Ran:
    shown = ("--headless", "--only-summary", "--spawn-rate", "100")
    return await run(
        "locust", "-f", str(LOCUSTFILE), *shown, *flags, into=into, heard=heard, **told
    )


def tokens(ran: Ran) -> Counter[tuple[str, int, bool, int | None, int | None]]:
    assert ran.result is not None
    return Counter(
        (
            one.question_id,
            one.turn,
            one.is_warm_up,
            None if one.usage is None else one.usage.prompt_tokens,
            None if one.usage is None else one.usage.generated_tokens,
        )
        for one in ran.result.records
    )


async def test_one_plan_asks_the_same_and_gets_as_many_tokens_on_both_runners(
    tmp_path: Path,
) -> None:
    for name in ("ours", "alone", "several"):
        (tmp_path / name).mkdir()
    ours = await run("traffic", "--concurrency", "4", into=tmp_path / "ours")
    alone = await locust("--users", "4", into=tmp_path / "alone")
    several = await locust(
        *("--users", "4", "--processes", "2"), into=tmp_path / "several", TRAFFIC_WORKERS="2"
    )
    assert ours.code == 0, ours.err
    assert ours.result is not None
    assert len(ours.result.records) > 60
    for ran in (alone, several):
        assert ran.code == 0, ran.out + ran.err
        assert ran.bodies == ours.bodies
        assert tokens(ran) == tokens(ours)
        assert ran.result is not None
        assert ran.result.plan == ours.result.plan
        assert ran.result.summary.generated_tokens == ours.result.summary.generated_tokens


async def test_locusts_page_has_the_three_kinds_of_latency_by_category(tmp_path: Path) -> None:
    ran = await locust("--users", "2", into=tmp_path, TRAFFIC_PRESET="quick")
    for kind in ("TTFT", "ITL", "E2E"):
        assert f"{kind:<8} factual_short" in ran.out + ran.err


async def test_failures_are_judged_alike(tmp_path: Path) -> None:
    refusing = Heard(FakeOllama(faults=Faults(status=503)))
    ran = await locust("--users", "2", into=tmp_path, heard=refusing, TRAFFIC_PRESET="quick")
    assert ran.code == 1
    assert "0 ok, 10 failed" in ran.out
    assert "10 x http_503" in ran.out


async def test_ctrl_c_leaves_what_was_done_and_says_so(tmp_path: Path) -> None:
    ran = await locust("--users", "2", into=tmp_path, heard=Halfway(), TRAFFIC_PRESET="quick")
    assert ran.code == 130, ran.err
    assert ran.result is not None and 0 < len(ran.result.records) < 10


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"TRAFFIC_BASE_URL": "http://127.0.0.1:9"}, "nothing answers at http://127.0.0.1:9"),
        ({"TRAFFIC_MODEL": "other:7b"}, "has no model other:7b"),
        ({"TRAFFIC_COLD_EVERY": "2"}, "models are not unloaded on Locust"),
        ({"TRAFFIC_PRESET": "huge"}, "TRAFFIC_PRESET (--preset): Input should be"),
    ],
)
async def test_what_cannot_be_asked_is_a_sentence_and_exit_code_2(
    tmp_path: Path, told: dict[str, str], said: str
) -> None:
    ran = await locust("--processes", "2", into=tmp_path, heard=None, **told)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


async def test_on_locust_too_the_models_of_a_trace_are_those_that_must_be_there(
    tmp_path: Path,
) -> None:
    heard = Heard(FakeOllama(model=Model(name=MODELS[0])))
    told = {"TRAFFIC_PRESET": "replay", "TRAFFIC_TRACE": str(two_models(tmp_path))}
    ran = await locust(into=tmp_path, heard=heard, **told)
    assert ran.code == 2
    assert f"has no model {MODELS[1]}; /api/tags offers {MODELS[0]}" in ran.err
