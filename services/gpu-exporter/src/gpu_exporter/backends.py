"""Which way the cards are read."""

import sys
import time
from collections.abc import Callable, Sequence

from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Backend, Gpu
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.several import Several


class Nothing:
    """No card is read, because none is wanted."""

    name = "none"
    return_code: int | None = None

    def read(self) -> Sequence[Gpu]:
        """Raises: Unavailable."""
        raise Unavailable("GPUs are not read: GPU_EXPORTER_BACKEND=none")

    def close(self) -> None:
        """Nothing was opened."""


def backend_of(
    settings: GpuExporterSettings,
    on_loss: Callable[[], None],
    clock: Callable[[], float] = time.monotonic,
    platform: str = sys.platform,
) -> Backend:
    """The way that the settings ask for. `on_loss` is called when NVML is lost for good.

    Raises: OSError, ValueError for a capture that cannot be played.
    """
    ways = _ways(settings, on_loss, clock)
    if settings.backend != "auto":
        return ways[settings.backend]()
    if platform == "darwin":
        return ways["apple"]()
    return Several([ways["nvml"](), ways["sysfs"]()])


def _ways(
    settings: GpuExporterSettings, on_loss: Callable[[], None], clock: Callable[[], float]
) -> dict[str, Callable[[], Backend]]:
    """Each is imported only where it is taken: most machines need one of them."""

    def nvml() -> Backend:
        from gpu_exporter.nvidia.nvml import nvml_backend

        return nvml_backend(settings, on_loss)

    def sysfs() -> Backend:
        from gpu_exporter.sysfs.backend import sysfs_backend

        return sysfs_backend(settings, clock)

    def apple() -> Backend:
        from gpu_exporter.apple.backend import apple_backend

        return apple_backend(settings)

    def replay() -> Backend:
        from gpu_exporter.nvidia.replay import replay_backend

        return replay_backend(settings)

    def demo() -> Backend:
        from gpu_exporter.demo.backend import demo_backend

        return demo_backend(clock)

    own = {"demo": demo, "replay": replay, "none": Nothing}
    return {"nvml": nvml, "sysfs": sysfs, "apple": apple, **own}
