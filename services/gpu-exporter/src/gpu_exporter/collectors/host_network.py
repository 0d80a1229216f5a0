"""What the machine's network interfaces carry: the machine's, not a container's."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psutil

from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.machine import container, net_dev
from gpu_exporter.machine.files import TABLE_BYTES, read_text
from gpu_exporter.machine.net_dev import Traffic
from gpu_exporter.reading import Reading, one
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric


class HostNetwork:
    """Reads the interfaces.

    `own_proc` is where this process finds itself; `markers` are files that tell a container.
    """

    name = "host_network"
    metrics: tuple[Metric, ...] = (
        m.NETWORK_RECEIVED,
        m.NETWORK_SENT,
        m.NETWORK_ERRORS,
        m.NETWORK_DROPS,
    )

    def __init__(
        self,
        context: Context,
        markers: tuple[Path, ...] = container.MARKERS,
        own_proc: Path = Path("/proc"),
        is_linux: bool = psutil.LINUX,
    ) -> None:
        self._host_proc: Path = context.settings.host_proc
        self._markers = markers
        self._own_proc = own_proc
        self._is_linux = is_linux

    def collect(self) -> Iterator[Reading]:
        """See Collector."""
        traffic = self._by_linux() if self._is_linux else _by_psutil()
        own = {name: carried for name, carried in traffic.items() if net_dev.is_of_machine(name)}
        if not own:
            raise Unavailable("no network interface but loopback, bridges and containers'")
        for device, carried in own.items():
            yield from _readings(device, carried)

    def _by_linux(self) -> Mapping[str, Traffic]:
        path = self._file()
        text = read_text(path, TABLE_BYTES)
        if text is None:
            raise FileNotFoundError(f"GPU_EXPORTER_HOST_PROC: {path} cannot be read")
        return net_dev.parse(text)

    def _file(self) -> Path:
        if self._host_proc != self._own_proc:
            # not net/dev: that is a link to the reader's own, wherever /proc is mounted
            return self._host_proc / "1/net/dev"
        if container.has_network_of_its_own(self._markers, self._own_proc):
            raise Unavailable(
                "in a container, whose interfaces are not the machine's: mount the machine's "
                "/proc, for example at /host/proc, and set GPU_EXPORTER_HOST_PROC to that"
            )
        return self._own_proc / "net/dev"


_BY_PSUTIL = {
    "received_bytes": "bytes_recv",
    "sent_bytes": "bytes_sent",
    "receive_errors": "errin",
    "transmit_errors": "errout",
    "receive_drops": "dropin",
    "transmit_drops": "dropout",
}
"""Its names, by ours."""


def traffic_of(counters: object, counts_dropout: bool) -> Traffic:
    """psutil's counters of an interface. macOS and BSD have no count of what was not sent."""
    values = {ours: float(getattr(counters, name)) for ours, name in _BY_PSUTIL.items()}
    return Traffic(**values) if counts_dropout else replace(Traffic(**values), transmit_drops=None)


def _by_psutil() -> Mapping[str, Traffic]:
    counts_dropout = not (psutil.MACOS or psutil.BSD)
    found = psutil.net_io_counters(pernic=True, nowrap=True)
    return {name: traffic_of(counters, counts_dropout) for name, counters in found.items()}


def _readings(device: str, carried: Traffic) -> Iterator[Reading]:
    yield Reading(m.NETWORK_RECEIVED, carried.received_bytes, (device,))
    yield Reading(m.NETWORK_SENT, carried.sent_bytes, (device,))
    yield Reading(m.NETWORK_ERRORS, carried.receive_errors, (device, "receive"))
    yield Reading(m.NETWORK_ERRORS, carried.transmit_errors, (device, "transmit"))
    yield Reading(m.NETWORK_DROPS, carried.receive_drops, (device, "receive"))
    yield from one(m.NETWORK_DROPS, carried.transmit_drops, device, "transmit")
