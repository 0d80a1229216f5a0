"""`remove-service`: the units stopped and taken away; what the parts kept stays."""

import shutil

from stack.console import say
from stack.errors import StackError
from stack.units.names import TARGET
from stack.units.service import Service


def remove(service: Service) -> int:
    """Stop, disable, delete; nothing to remove is no error. Raises: StackError."""
    manager = service.manager
    names = manager.installed()
    if not names:
        say("no service is installed")
        return 0
    manager.require()
    other = service.checkout()
    if other is not None:
        raise StackError(
            f"expected this checkout's service, found that of {other}: `make remove-service` there"
        )
    with service.alone():
        _take_away(service, names)
    say(f"removed; what Prometheus measured stays in {service.places.prometheus_data}")
    return 0


def _take_away(service: Service, names: list[str]) -> None:
    manager = service.manager
    service.stop()
    if TARGET in names:
        manager.do("disable", "--quiet", TARGET)
    for name in names:
        (manager.units / name).unlink(missing_ok=True)
    shutil.rmtree(service.places.files, ignore_errors=True)
    manager.do("daemon-reload")
    # one that had failed is remembered, also without its unit
    manager.ask("reset-failed", *names)
