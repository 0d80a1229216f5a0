"""The cards that NVML shows, each as a `Gpu`.

What never changes is asked once, what seldom does every half minute, the rest each time: some
thirty calls a card.

A card that is lost is left out, and looked for again every minute with NVML as it is. NVML is
initialised anew when no card is left, not before: that would disturb those that are. Where nobody
else has them open, the driver shuts them down with NVML, their counters begin anew, and they take
seconds to start (NVIDIA, Driver Persistence); errors that they report meanwhile are not delivered
to anybody; and a driver that has lost a card may not start again, or hang in trying.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog

from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu, told
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.identity import Identity, identify
from gpu_exporter.nvidia.library import LOST_CARD, UNSUPPORTED, Code, NvmlError
from gpu_exporter.nvidia.mig import MigDevice, list_devices, read_devices
from gpu_exporter.nvidia.processes import list_processes
from gpu_exporter.nvidia.values import Options, read_values

T = TypeVar("T")

SELDOM_SECONDS = 30.0
LOST_SECONDS = 60.0

_ECC_ERRORS = {"corrected": 0, "uncorrected": 1}
"""nvmlMemoryErrorType_t."""
_AGGREGATE = 1
"""NVML_AGGREGATE_ECC: over the card's life, not since the driver was loaded."""

_OF_ONE_CARD = LOST_CARD | UNSUPPORTED | {Code.UNKNOWN}
"""What a card may answer with when it is met, and the others not: some that fell off the bus give
an unknown error. Where all of them do, it is the library's."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Card:
    """What is kept of a card between two readings; `due` is when to ask again what is seldom."""

    identity: Identity
    due: float
    seldom: dict[str, Any] = field(default_factory=dict)
    mig: tuple[MigDevice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lost:
    """`due` is when to look for it again."""

    error: NvmlError
    due: float


class Cards:
    """Reads the cards of a library that is initialised. `clock` is monotonic, in seconds."""

    def __init__(self, asking: Asking, clock: Callable[[], float], options: Options) -> None:
        self._asking = asking
        self._clock = clock
        self._options = options
        self._count: int | None = None
        self._has_seen_any = False
        self._cards: dict[int, _Card] = {}
        self._lost: dict[int, _Lost] = {}

    @property
    def missing(self) -> list[str]:
        """A sentence for each card that is lost."""
        return [f"card {index}: {lost.error}" for index, lost in sorted(self._lost.items())]

    def forget(self) -> None:
        """NVML was initialised anew: the cards may be others."""
        self._count = None
        self._cards.clear()
        self._lost.clear()

    def read(self) -> dict[int, Gpu]:
        """The cards by NVML's index. Raises: Unavailable, NvmlError."""
        if self._count is None:
            self._count = self._asking.require("nvmlDeviceGetCount")
        for index in range(self._count):
            self._unless_lost(index, _OF_ONE_CARD, partial(self._meet, index))
        self._asking.begin_turn()
        found = {
            index: gpu
            for index, card in sorted(self._cards.items())
            if (gpu := self._unless_lost(index, LOST_CARD, partial(self._gpu, card))) is not None
        }
        self._asking.end_turn()
        for index in found.keys() & self._lost.keys():
            del self._lost[index]
            _log.info("card_returned", gpu=index, uuid=found[index].uuid)
        if not found:
            raise self._nothing()
        self._has_seen_any = True
        return found

    def _meet(self, index: int) -> None:
        now = self._clock()
        lost = self._lost.get(index)
        if index in self._cards or (lost is not None and now < lost.due):
            return
        self._cards[index] = _Card(identify(self._asking, index), due=now)

    def _unless_lost(self, index: int, codes: frozenset[Code], read: Callable[[], T]) -> T | None:
        """What `read` gives; None for a card that answers with one of `codes`, now and later."""
        try:
            return read()
        except NvmlError as error:
            if error.code not in codes:
                raise
            card = self._cards.pop(index, None)
            if index not in self._lost:
                uuid = card.identity.uuid if card is not None else ""
                _log.error("card_lost", gpu=index, uuid=uuid, detail=str(error))
            self._lost[index] = _Lost(error, self._clock() + LOST_SECONDS)
            return None

    def _gpu(self, card: _Card) -> Gpu:
        known = card.identity
        now = self._clock()
        if now >= card.due:
            card.due = now + SELDOM_SECONDS
            card.seldom = _seldom_values(self._asking, known.index)
            card.mig = list_devices(self._asking, known.index) if card.seldom["mig_enabled"] else ()
        return Gpu(
            index=str(known.index),
            uuid=known.uuid,
            name=known.name,
            vendor="nvidia",
            driver_version=known.driver_version,
            cuda_version=known.cuda_version,
            pci_bus_id=known.pci_bus_id,
            arch=known.arch,
            temperature_threshold_celsius=known.temperature_threshold_celsius,
            clock_max_hertz=known.clock_max_hertz,
            processes=self._processes(card),
            mig=read_devices(self._asking, card.mig),
            **card.seldom,
            **read_values(self._asking, known, self._options),
        )

    def _processes(self, card: _Card) -> Any:
        whole = list_processes(self._asking, [card.identity.index])
        if whole is not None or not card.mig:
            return whole
        # without privileges the processes of a divided card are told by its parts alone
        parts = [(device.card, device.number) for device in card.mig]
        return list_processes(self._asking, parts)

    def _nothing(self) -> Exception:
        for lost in self._lost.values():
            return lost.error
        if self._has_seen_any:
            return NvmlError(Code.GPU_NOT_FOUND, "nvmlDeviceGetCount")
        return Unavailable("NVIDIA's driver is here, but shows no card")


def _seldom_values(asking: Asking, index: int) -> dict[str, Any]:
    errors = {
        kind: asking.ask("nvmlDeviceGetTotalEccErrors", index, number, _AGGREGATE)
        for kind, number in _ECC_ERRORS.items()
    }
    rows = asking.ask("nvmlDeviceGetRemappedRows", index)
    corrected, uncorrected, pending, failure = rows or (None, None, None, None)
    remapped = {"corrected": corrected, "uncorrected": uncorrected, "pending": pending}
    mig = asking.ask("nvmlDeviceGetMigMode", index)
    return {
        "ecc_errors": told(errors),
        "remapped_rows": told(remapped),
        "row_remap_failure": failure,
        "pcie_replays": asking.ask("nvmlDeviceGetPcieReplayCounter", index),
        "mig_enabled": mig[0] if mig else None,
    }
