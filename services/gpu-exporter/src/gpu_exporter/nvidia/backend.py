"""NVIDIA's cards through NVML: the library, its losses and the events together."""

import contextlib
from collections.abc import Callable, Sequence

from gpu_exporter.errors import CardsMissing
from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.cards import Cards
from gpu_exporter.nvidia.library import Library, NvmlError
from gpu_exporter.nvidia.session import Session
from gpu_exporter.nvidia.values import Options
from gpu_exporter.nvidia.xid import WAIT_MILLISECONDS, XidCounts, XidWatch


class NvmlBackend:
    """See gpu_exporter.gpu.Backend.

    `clock` is monotonic, `wall_clock` Unix time, both in seconds.
    `on_loss` is called once, when a library that had worked could not be had again in
    `exit_after` attempts; 0: never.
    """

    def __init__(
        self,
        library: Library,
        options: Options,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        *,
        on_loss: Callable[[], None] | None = None,
        exit_after: int = 0,
        event_wait_milliseconds: int = WAIT_MILLISECONDS,
        name: str = "nvml",
    ) -> None:
        self.name = name
        self._asking = Asking(library)
        self._session = Session(self._asking, clock, on_loss, exit_after)
        self._cards = Cards(self._asking, clock, options)
        self._xids = XidCounts()
        self._xid_watch = XidWatch(
            self._asking, self._xids, clock, wall_clock, event_wait_milliseconds
        )

    @property
    def return_code(self) -> int | None:
        """What NVML answered to the latest initialisation, or to a call that failed since.

        0 again after a reading without failures; while a card is lost, what its loss was. None
        before the first. That a card does not support something is no failure.
        """
        return self._asking.return_code

    def read(self) -> Sequence[Gpu]:
        """All cards as they are now.

        Raises: Unavailable without a driver; CardsMissing where one of several is lost, or some
        calls failed; NvmlError.
        """
        if self._session.open():
            self._cards.forget()
        self._asking.begin_reading()
        try:
            found = self._cards.read()
            self._xid_watch.watch({index: gpu.uuid for index, gpu in found.items()})
        except Exception as error:
            self._give_up()
            self._session.lose(error)
            raise
        self._session.succeed()
        gpus = [self._xids.onto(gpu) for gpu in found.values()]
        if failures := [*self._cards.missing, *self._asking.failures]:
            raise CardsMissing("; ".join(failures), gpus)
        self._asking.end_reading()
        return gpus

    def close(self) -> None:
        """Give NVML back."""
        self._give_up()
        self._session.close()

    def _give_up(self) -> None:
        with contextlib.suppress(NvmlError):  # it may be gone, and nothing depends on it
            self._xid_watch.stop()
