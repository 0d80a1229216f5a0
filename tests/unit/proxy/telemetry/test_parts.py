"""What of telemetry one relay process has."""

import contextlib

from proxy.books import Steps
from proxy.labels import BoundedLabels, ModelLabels
from proxy.telemetry.parts import Telemetry


async def test_its_parts_are_what_it_was_made_of() -> None:
    entered = []

    @contextlib.asynccontextmanager
    async def running():  # type: ignore[no-untyped-def]
        entered.append(1)
        yield

    steps = Steps((), ())
    telemetry = Telemetry(None, lambda _models: steps, running)
    assert telemetry.steps(ModelLabels(BoundedLabels(1, lambda: None))) is steps
    async with telemetry.running():
        assert entered == [1]
