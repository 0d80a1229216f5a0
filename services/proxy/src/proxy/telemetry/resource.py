"""Who sends: the attributes of the resource that all of a process's data belong to.

Several workers and their parent are one proxy, and say the same.
Source: OpenTelemetry semantic conventions 1.41.0, "Service" and "Host".
"""

import socket
from collections.abc import Callable, Mapping

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from ollama_observe import __version__
from proxy.telemetry.values import attribute

SCOPE = InstrumentationScope(name="ollama-observe-proxy", version=__version__)


def resource_of(
    port: int, more: Mapping[str, str], host_name: Callable[[], str] = socket.gethostname
) -> Resource:
    """The resource of the proxy that clients find on `port`; `more` is added, or replaces."""
    host = host_name()
    said: dict[str, str] = {
        "service.name": "ollama-observe-proxy",
        "service.version": __version__,
        "service.instance.id": f"{host}:{port}",
        "host.name": host,
        **more,
    }
    return Resource(attributes=[attribute(key, value) for key, value in said.items()])
