"""What of telemetry one relay process has: what looks at requests, what books them, what sends."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from proxy.books import Steps
from proxy.labels import ModelLabels
from proxy.telemetry.threshold import Tracing

Running = Callable[[], contextlib.AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The parts that are wanted; `threshold` is None where no spans are."""

    threshold: Tracing | None
    steps: Callable[[ModelLabels], Steps]
    """What is done with a story. It is given the names that may be labels."""
    running: Running
    """Sends while it is entered."""
