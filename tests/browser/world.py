"""A real stack with traffic of two models and two ways, for pages to look at."""

import contextlib
import json
import shutil
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from stack.processes import ENDED
from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import on_path
from stack.supervised import Supervisor
from stack.waiting import wait_until
from tests.components import need
from tests.fakes.faults import Faults
from tests.fakes.memory import Memory
from tests.fakes.ollama import FakeOllama, Model
from tests.gateways import gateway_folder
from tests.ollamas import serving
from tests.prometheus_api import PrometheusApi
from tests.stacks import Stack, stack_at

WITHIN_SECONDS = 30.0

PROMPT = "Why is the sky blue?"
NO_CACHE = {"Cache-Control": "no-cache"}

FAST, THINKING, SLOW = "llama3.2:3b", "qwen3:4b", "phi4:14b"
"""The worker asks the first two; a test alone asks the third."""

_TOLD = {
    "DASHBOARD": "on",
    "DASHBOARD_STRIP_INTERVAL_SECONDS": "0.5",
    "PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "1",
    "PORTKEY": "on",
    "PROXY_CACHE": "simple",
    "PROXY_DRAIN_SECONDS": "1",
    "GPU_EXPORTER_BACKEND": "demo",
    "GPU_EXPORTER_HOST_INTERVAL_SECONDS": "1",
    "GPU_EXPORTER_OLLAMA_INTERVAL_SECONDS": "1",
    "GPU_EXPORTER_CURRENCY": "EUR",
    "GPU_EXPORTER_ENERGY_PRICE_PER_KILOWATT_HOUR": "0.30",
    "TRAFFIC": "on",
    "TRAFFIC_MODEL": f"{FAST}=2,{THINKING}=1",
    "TRAFFIC_RATE_PER_SECOND": "1",
    "TRAFFIC_ROUTE": "mixed",
    "TRAFFIC_CANCEL_RATE": "0.1",
    "TRAFFIC_WORKER_DRAIN_SECONDS": "1",
}


def scripted_ollama() -> FakeOllama:
    """Three models of their own speeds, each loaded when it is first asked."""

    def model(name: str, tokens: int, rate: float, thinking: int = 0) -> Model:
        return Model(
            name,
            prompt_tokens=180,
            output_tokens=tokens,
            thinking_tokens=thinking,
            prefill_ns=90_000_000,
            decode_ns_per_interval=round(1e9 / rate),
        )

    fake = FakeOllama(model(FAST, 48, 40), Faults(ttft_seconds=0.18, tokens_per_second=40))
    fake.models = {THINKING: model(THINKING, 70, 25, 24), SLOW: model(SLOW, 36, 12)}
    fake.faults_of = {
        THINKING: Faults(ttft_seconds=0.45, tokens_per_second=25),
        SLOW: Faults(ttft_seconds=1.0, tokens_per_second=12),
    }
    fake.library.names += fake.models
    fake.memory = Memory(gpu_ratios={SLOW: 0.6})
    return fake


@dataclass(frozen=True, slots=True)
class World:
    """A stack that runs, and what the tests do to it."""

    stack: Stack

    @property
    def url(self) -> str:
        """Where the dashboard is."""
        return f"http://127.0.0.1:{self.stack.variables['DASHBOARD_PORT']}"

    @property
    def prometheus(self) -> PrometheusApi:
        return PrometheusApi(f"http://127.0.0.1:{self.stack.variables['PROMETHEUS_PORT']}")

    def values(self, expr: str, start: float, end: float, step: float) -> list[dict[float, float]]:
        """What Prometheus says of each series at the instants of a range that it has."""
        given = {"query": expr, "start": start, "end": end, "step": step}
        found = self.prometheus.ask(f"query_range?{urllib.parse.urlencode(given)}")["result"]
        return [{at: float(value) for at, value in one["values"]} for one in found]

    @contextlib.contextmanager
    def asking(
        self, model: str, prompt: str = PROMPT, headers: Mapping[str, str] = NO_CACHE
    ) -> Iterator[None]:
        """Ask a model for an answer, which streams while the block runs, and on to its end."""

        def ask() -> None:
            with contextlib.suppress(OSError):
                self.ask(model, headers, prompt)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            thread.join(WITHIN_SECONDS)

    def ask(self, model: str, headers: Mapping[str, str], prompt: str = PROMPT) -> str:
        """Ask a model, and wait for the whole answer; what is said of the cache."""
        body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
        asked = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.stack.url}/api/chat", asked, dict(headers))
        with urllib.request.urlopen(request) as answer:
            answer.read()
            return str(answer.headers.get("x-portkey-cache-status"))

    def ask_in_vain(self) -> None:
        """Ask for a model that is not there."""
        body = json.dumps({"model": "no-such-model", "messages": []}).encode()
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(f"{self.stack.url}/api/chat", body))

    def stop(self, part: str) -> None:
        """Stop one part, as an operator does; it stays away."""
        with self._supervisor() as supervisor:
            supervisor.stop(part)
            assert wait_until(lambda: supervisor.process(part).state in ENDED, WITHIN_SECONDS)

    def start(self, part: str) -> None:
        """Have it run again, where it is not running."""
        with self._supervisor() as supervisor:
            if supervisor.process(part).state in ENDED:
                supervisor.start(part)

    @contextlib.contextmanager
    def away(self, part: str) -> Iterator[None]:
        """Without one part while the block runs."""
        self.stop(part)
        try:
            yield
        finally:
            self.start(part)

    @contextlib.contextmanager
    def _supervisor(self) -> Iterator[Supervisor]:
        transport = SupervisorTransport(serverurl=f"unix://{self.stack.socket}")
        try:
            yield Supervisor(self.stack.socket, transport)
        finally:
            transport.close()


def need_browser_and_stack() -> str:
    """Where Chromium is; skips where it, or what the stack is made of, is not."""
    chromium = shutil.which("chromium")
    need("chromium", chromium is not None, "install the package chromium")
    need("prometheus", on_path(PROMETHEUS) is not None, "install the package prometheus")
    gateway_folder()
    assert chromium is not None
    return chromium


@contextlib.contextmanager
def running_world(state: Path, ollama: FakeOllama | None = None, /, **told: str) -> Iterator[World]:
    """Start the stack before a scripted Ollama; at the end nothing of it is left."""
    with serving(ollama or scripted_ollama()) as upstream:
        with stack_at(state, OLLAMA_URL=upstream.url, **{**_TOLD, **told}) as stack:
            stack.start()
            yield World(stack)
            assert stack.command("stop").returncode == 0
            stack.assert_nothing_left()
