"""What the exporter says of the captures in tests/fakes/nvml, second by second, by a hand clock.

`python -m tests.nvml_scrapes` writes the scrapes beside the captures anew, for the eye to compare.
"""

from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from gpu_exporter import snapshot
from gpu_exporter.board import Board
from gpu_exporter.collector import Context
from gpu_exporter.collectors.gpu_cards import GpuCards
from gpu_exporter.errors import CardsMissing
from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.backend import NvmlBackend
from gpu_exporter.nvidia.capture import Capture, load
from gpu_exporter.nvidia.replay import Replay
from gpu_exporter.nvidia.values import Options
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.watch import Watch
from stack.waiting import wait_until
from tests.clock import Clock

CAPTURES = Path(__file__).parent / "fakes" / "nvml"

SECONDS = {
    "consumer": 4,
    "datacentre": 3,
    "gb10": 3,
    "pascal": 2,
    "lost": 4,
    "frozen": 27,
}
"""After how many the scrape is taken."""

UNIX = 1_790_000_000.0
"""The beginning of every capture."""


def present_cards(backend: NvmlBackend) -> Sequence[Gpu]:
    """Those that are there, whichever are missing."""
    try:
        return backend.read()
    except CardsMissing as missing:
        return missing.gpus


class Stage:
    """A capture that is played to the collector of the cards."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.clock = Clock(1000.0)
        replay = Replay(capture, self.clock)
        self.backend = NvmlBackend(
            replay,
            Options(replay.system_memory, pcie_throughput=True),
            self.clock,
            lambda: UNIX + self.elapsed,
            event_wait_milliseconds=10,
            name="replay",
        )
        settings = GpuExporterSettings(backend="none")
        context = Context(settings, Board(), self.backend, self.clock, lambda: UNIX + self.elapsed)
        self.cards = GpuCards(context)
        self.watch = Watch(self.cards, 30.0, self.clock, lambda: UNIX + self.elapsed)

    @property
    def elapsed(self) -> float:
        return self.clock.now - 1000.0

    def play(self, seconds: int) -> str:
        """Read once a second; the scrape at the end."""
        for second in range(seconds + 1):
            self.clock.now = 1000.0 + second
            assert wait_until(self._has_all_events, 10), "an event was not delivered"
            self.watch.run()
        readings = [own for own in self.watch.readings() if own.metric in self.cards.metrics]
        body, _ = snapshot.scrape("", CollectorRegistry(), readings)
        return body.decode()

    def _has_all_events(self) -> bool:
        """Whether what happened to cards that are there has been counted, which a thread does."""
        present = {int(gpu.index): gpu for gpu in present_cards(self.backend)}
        due = [
            event.device
            for frame in self.capture.frames
            for event in frame.events
            if frame.at_seconds <= self.elapsed and event.device in present
        ]
        return sum(sum(gpu.xid_errors.values()) for gpu in present.values()) == len(due)


def scrape(name: str) -> str:
    """The scrape that belongs beside the capture `name`."""
    stage = Stage(load(CAPTURES / f"{name}.json"))
    try:
        return stage.play(SECONDS[name])
    finally:
        stage.backend.close()


def main() -> None:
    """Write all of them."""
    for name in SECONDS:
        (CAPTURES / f"{name}.prom").write_text(scrape(name), encoding="utf-8")


if __name__ == "__main__":
    main()
