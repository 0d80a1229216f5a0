"""NVML from its initialisation to its loss: tried again at once, then ever more rarely."""

import contextlib
from collections.abc import Callable

import structlog

from gpu_exporter.errors import Unavailable
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Code, NvmlError

LONGEST_WAIT_SECONDS = 60.0

_log = structlog.stdlib.get_logger(__name__)

_ABSENT = {
    Code.LIBRARY_NOT_FOUND: "no NVIDIA driver: libnvidia-ml.so.1 was not found",
    Code.DRIVER_NOT_LOADED: "no NVIDIA driver: libnvidia-ml.so.1 is here, its kernel module is not",
}


class Session:
    """Keeps a library initialised. `clock` is monotonic, in seconds.

    `on_loss` is called once, when a library that had worked could not be had again in
    `exit_after` attempts; 0: never.
    """

    def __init__(
        self,
        asking: Asking,
        clock: Callable[[], float],
        on_loss: Callable[[], None] | None = None,
        exit_after: int = 0,
    ) -> None:
        self._asking = asking
        self._clock = clock
        self._on_loss = on_loss
        self._exit_after = exit_after
        self._is_open = False
        self._has_worked = False
        self._has_ever_worked = False
        self._failures = 0
        self._not_before = 0.0
        self._reason: Exception | None = None

    def open(self) -> bool:
        """Initialise NVML if it is not; whether that was done just now.

        Raises: Unavailable where there is no driver; NvmlError. Until it is time to try again,
        what was raised before is raised again, and nothing is called.
        """
        if self._is_open:
            return False
        if self._reason is not None and self._clock() < self._not_before:
            raise self._reason
        try:
            self._asking.library.call("nvmlInit")
        except NvmlError as error:
            self._asking.return_code = error.code
            self._reason = self._reason_of(error)
            self._note_failure()
            raise self._reason from error
        self._asking.return_code = Code.SUCCESS
        self._asking.forget()
        self._is_open, self._has_worked = True, False
        return True

    def succeed(self) -> None:
        """All that there is was read: what failed before is over."""
        if self._failures and self._has_ever_worked:
            _log.info("nvml_recovered", failures=self._failures)
        self._has_worked = self._has_ever_worked = True
        self._failures, self._reason = 0, None

    def lose(self, error: Exception) -> None:
        """Reading failed with `error`: NVML is to be initialised anew, when it is time."""
        self.close()
        self._reason = error
        if self._has_worked:
            _log.warning("nvml_lost", detail=str(error))
            self._not_before = self._clock()
        else:
            self._note_failure()

    def close(self) -> None:
        """Give NVML back, if it was taken."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(NvmlError):  # it may be gone, and nothing depends on it
                self._asking.library.call("nvmlShutdown")

    def _reason_of(self, error: NvmlError) -> Exception:
        if self._has_ever_worked or error.code not in _ABSENT:
            return error
        return Unavailable(_ABSENT[Code(error.code)])

    def _note_failure(self) -> None:
        self._failures += 1
        doublings = min(self._failures - 1, 10)
        self._not_before = self._clock() + min(LONGEST_WAIT_SECONDS, 2.0**doublings)
        if self._has_ever_worked and self._failures == self._exit_after and self._on_loss:
            _log.error("nvml_given_up", failures=self._failures, detail=str(self._reason))
            self._on_loss()
