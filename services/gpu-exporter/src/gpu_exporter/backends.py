"""Which way the cards are read."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from gpu_exporter.collector import Incomplete, Unavailable
from gpu_exporter.gpu import Backend, Gpu
from gpu_exporter.settings import GpuExporterSettings


class CardsMissing(Incomplete):
    """A way that should work failed; `gpus` are the cards of the others, if there are any."""

    def __init__(self, reason: str, gpus: Sequence[Gpu]) -> None:
        super().__init__(reason)
        self.gpus = gpus


class Nothing:
    """No card is read, because none is wanted."""

    name = "none"

    def read(self) -> Sequence[Gpu]:
        """Raises: Unavailable."""
        raise Unavailable("GPUs are not read: GPU_EXPORTER_BACKEND=none")

    def close(self) -> None:
        """Nothing was opened."""


class Several:
    """The cards of several ways together: a machine may have an NVIDIA card and an AMD one.

    `name` is of those ways that have ever found cards: it does not change while one of them fails.
    A card keeps its index, and one of another way does not get it.
    """

    def __init__(self, backends: Sequence[Backend]) -> None:
        self.name = "none"
        self.parts = tuple(backends)
        self._named: set[str] = set()
        self._indices: dict[str, str] = {}

    def read(self) -> Sequence[Gpu]:
        """All cards.

        Raises: Unavailable where no way finds any; CardsMissing where one failed.
        """
        found: dict[str, Gpu] = {}
        absences, failures = [], []
        for backend in self.parts:
            try:
                gpus = backend.read()
            except Unavailable as reason:
                absences.append(str(reason))
            except Exception as error:  # noqa: BLE001 (one way's failure does not hide the others' cards)
                failures.append(f"{backend.name}: {type(error).__name__}: {error}")
            else:
                self._add(backend.name, gpus, found)
        if failures:
            raise CardsMissing("; ".join(failures), list(found.values()))
        if not found:
            raise Unavailable("; ".join(absences) or "no way found a card")
        return list(found.values())

    def _add(self, name: str, gpus: Sequence[Gpu], found: dict[str, Gpu]) -> None:
        """Put the cards into `found`, by what identifies them: one that two ways read is one."""
        for gpu in gpus:
            identity = gpu.uuid or f"{name} {gpu.index}"
            index = self._indices.setdefault(identity, self._free(gpu.index))
            found.setdefault(identity, gpu if gpu.index == index else replace(gpu, index=index))
        if gpus and name not in self._named:
            self._named.add(name)
            self.name = "+".join(part.name for part in self.parts if part.name in self._named)

    def _free(self, index: str) -> str:
        taken = set(self._indices.values())
        if index not in taken:
            return index
        return next(str(number) for number in range(len(taken) + 1) if str(number) not in taken)

    def close(self) -> None:
        """Close all of them."""
        for backend in self.parts:
            backend.close()


def return_code(backend: Backend) -> int | None:
    """What NVML answered last; None where it is not used, or was not asked yet."""
    parts = backend.parts if isinstance(backend, Several) else (backend,)
    codes = [getattr(part, "return_code", None) for part in parts]
    return next((code for code in codes if code is not None), None)


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
