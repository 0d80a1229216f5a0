"""Which way the cards are read."""

import sys
from collections.abc import Callable, Sequence

from gpu_exporter.collector import Unavailable
from gpu_exporter.gpu import Backend, Gpu
from gpu_exporter.settings import GpuExporterSettings


class Nothing:
    """No card is read, because none is wanted."""

    name = "none"

    def read(self) -> Sequence[Gpu]:
        """Raises: Unavailable."""
        raise Unavailable("GPU_EXPORTER_BACKEND=none")

    def close(self) -> None:
        """Nothing was opened."""


class Several:
    """The cards of several ways together: a machine may have an NVIDIA card and an AMD one."""

    def __init__(self, backends: Sequence[Backend]) -> None:
        self._backends = tuple(backends)
        self._named: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of those ways that found cards."""
        return "+".join(self._named) or "none"

    def read(self) -> Sequence[Gpu]:
        """All cards. Raises: Unavailable where no way found any; what a way that should work
        raises."""
        found: dict[str, Sequence[Gpu]] = {}
        reasons = []
        for backend in self._backends:
            try:
                found[backend.name] = backend.read()
            except Unavailable as reason:
                reasons.append(str(reason))
        self._named = tuple(found)
        if not found:
            raise Unavailable("; ".join(reasons))
        return [gpu for gpus in found.values() for gpu in gpus]

    def close(self) -> None:
        """Close all of them."""
        for backend in self._backends:
            backend.close()


def backend_of(settings: GpuExporterSettings, on_loss: Callable[[], None]) -> Backend:
    """The way that the settings ask for. `on_loss` is called when NVML is lost for good.

    Raises: OSError, ValueError for a capture that cannot be played.
    """
    raise NotImplementedError
