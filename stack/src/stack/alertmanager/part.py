"""Alertmanager as a part of the stack, or as somebody else's that Prometheus is told of."""

from collections.abc import Iterable
from pathlib import Path

from ollama_observe.service.addresses import is_loopback
from stack.parts import Address, Part
from stack.places import Places
from stack.settings import StackSettings

NAME = "alertmanager"


def alertmanager_address(settings: StackSettings) -> Address:
    """Where Alertmanager answers, be it ours or somebody else's."""
    return Address(
        NAME, settings.alertmanager_host, settings.alertmanager_port, "ALERTMANAGER_PORT"
    )


def is_ours(settings: StackSettings) -> bool:
    """Whether it is this machine's to start."""
    return is_loopback(settings.alertmanager_host)


def alertmanager_of(settings: StackSettings, parts: Iterable[Part]) -> Address | None:
    """Whom Prometheus shall send alerts to; None for nobody. `parts` are all that will run."""
    if settings.alertmanager == "on" and not is_ours(settings):
        return alertmanager_address(settings)
    return next((part.addresses[0] for part in parts if part.name == NAME), None)


def alertmanager_part(
    settings: StackSettings, places: Places, binary: Path, configuration: Path
) -> Part:
    """Alertmanager alone, on the loopback: it asks nobody who they are, and joins no others."""
    address = alertmanager_address(settings)
    return Part(
        name=NAME,
        command=(
            str(binary),
            f"--config.file={configuration}",
            f"--storage.path={places.alertmanager_data}",
            f"--web.listen-address={address.listened}",
            # by itself the machine's name, where nothing listens
            f"--web.external-url={address.url}",
            # without, it listens for others of its kind on every address
            "--cluster.listen-address=",
        ),
        addresses=(address,),
        ready_url=f"{address.url}/-/ready",
        ready_within_seconds=30.0,
        stop_seconds=10.0,
    )
