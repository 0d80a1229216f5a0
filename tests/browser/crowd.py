"""A stack whose Ollama has more to do than it can: a queue, long prompts, a cloud, real processes.

The models' processes are impostors with the command lines that Ollama's have, beside an `ollama
serve` with an environment: the exporter reads them as it reads any.
"""

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser.world import NO_CACHE, World, running_world
from tests.fakes.faults import Faults
from tests.fakes.impostor import impostor
from tests.fakes.library import file_of
from tests.fakes.memory import Memory
from tests.fakes.ollama import FakeOllama, Model
from tests.proctrees import SERVE

READER, QUICK, CLOUD = "qwen3:8b", "llama3.2:3b", "gpt-oss:120b-cloud"
"""One that takes its time to read, one that does not, one that computes elsewhere."""
PREFILL_SECONDS = 4.0
PROMPT_TOKENS = 4800
SECRET = "sk-3f9a7c1e5b"

ENVIRONMENT = {
    "OLLAMA_NUM_PARALLEL": "4",
    "OLLAMA_CONTEXT_LENGTH": "8192",
    "OLLAMA_KV_CACHE_TYPE": "q8_0",
    "OLLAMA_FLASH_ATTENTION": "1",
    "OLLAMA_KEEP_ALIVE": "30m",
    "OLLAMA_MAX_LOADED_MODELS": "0",
    "OLLAMA_API_KEY": SECRET,
    "HTTPS_PROXY": f"http://me:{SECRET}@proxy:3128",
}
_TOLD = {
    "PORTKEY": "off",
    "PROXY_CACHE": "",
    "PROXY_QUEUE": "true",
    "PROXY_OLLAMA_NUM_PARALLEL": "1",
    "TRAFFIC": "off",
}
_BEGINNINGS = random.Random(7)


def long_prompt() -> str:
    """A prompt that takes its time, and begins as no other does: nothing of it was read before."""
    words = ("the", "sky", "is", "blue", "because", "air", "scatters", "short", "waves", "more")
    return " ".join(_BEGINNINGS.choices(words, k=PROMPT_TOKENS))


def crowded_ollama() -> FakeOllama:
    """Reads as long as it says; the cloud takes a while, too."""
    reader = Model(
        READER,
        prompt_tokens=PROMPT_TOKENS,
        output_tokens=24,
        context_tokens=8192,
        prefill_ns=round(PREFILL_SECONDS * 1e9),
        decode_ns_per_interval=round(1e9 / 24),
    )
    quick = Model(QUICK, prompt_tokens=180, output_tokens=48, prefill_ns=90_000_000)
    fake = FakeOllama(reader, memory=Memory(gpu_ratios={READER: 0.7}))
    fake.models = {QUICK: quick}
    fake.models[CLOUD] = Model("gpt-oss:120b", output_tokens=60)
    fake.faults_of = {
        READER: Faults(ttft_seconds=PREFILL_SECONDS, tokens_per_second=24),
        QUICK: Faults(ttft_seconds=0.1, tokens_per_second=60),
        CLOUD: Faults(ttft_seconds=1.5, tokens_per_second=20),
    }
    fake.__post_init__()
    return fake


def runner_of(model: str, slots: int, *more: str) -> Sequence[str]:
    """The command line of a model's process, as recent versions of Ollama have it."""
    return (
        *("/usr/local/lib/ollama/llama-server", "--model", file_of(model), "--port", "37893"),
        *("-c", str(8192 * slots), "-np", str(slots), "--flash-attn", "on"),
        *("--cache-type-k", "q8_0", "--cache-type-v", "q8_0", "-b", "512"),
        *("--api-key", SECRET, *more),
    )


@dataclass(frozen=True, slots=True)
class Crowd:
    """The world, and the processes beside its Ollama."""

    world: World

    @contextlib.contextmanager
    def processes(
        self, slots: int = 4, environment: Mapping[str, str] = ENVIRONMENT, is_closed: bool = False
    ) -> Iterator[None]:
        """Ollama's own process and that of a model, while the block runs."""
        port = urlsplit(self.world.stack.variables["OLLAMA_URL"]).port
        told = {**environment, "OLLAMA_HOST": f"127.0.0.1:{port}"}
        with impostor(SERVE, told, runner_of(READER, slots), is_closed=is_closed):
            yield

    @contextlib.contextmanager
    def asking(self, count: int, **headers: str) -> Iterator[None]:
        """Let so many ask the reader at once."""
        with contextlib.ExitStack() as all_of_them:
            for _ in range(count):
                one = self.world.asking(READER, long_prompt(), {**NO_CACHE, **headers})
                all_of_them.enter_context(one)
            yield


@contextlib.contextmanager
def running_crowd(state: Path, **told: str) -> Iterator[Crowd]:
    """Start it, and let the proxy see each model once, from which it learns."""
    with running_world(state, crowded_ollama(), **{**_TOLD, **told}) as world:
        for model in (QUICK, READER):
            world.ask(model, NO_CACHE, long_prompt())
        yield Crowd(world)
