"""Where a model computes: on Ollama's own machine, or elsewhere.

Ollama hands some requests on: to its cloud those for models whose tag says so, and to the host
that a model was created with those for any other name. Of neither anything is loaded, and no
card here has anything to do.
Source: Ollama internal/modelref/modelref.go; server/routes.go, `RemoteHost`, `RemoteModel`.
"""

from enum import StrEnum

from ollama_observe.wire.records import word

_CLOUD = "cloud"


class Location(StrEnum):
    """Where a model computes. The value is the label's."""

    LOCAL = "local"
    CLOUD = "cloud"
    """Ollama's cloud, or another host that Ollama hands the request on to."""


def location_of(name: str, is_remote: bool = False) -> Location:
    """Where the model of a normalised name computes.

    `is_remote`: Ollama says that it hands requests for it on (`says_remote`).
    """
    return Location.CLOUD if is_remote or is_cloud_name(name) else Location.LOCAL


def is_cloud_name(name: str) -> bool:
    """Whether a normalised name says that Ollama's cloud computes: its tag is `cloud`, or ends so.

    Example: `glm-4.6:cloud` and `gpt-oss:120b-cloud`, not `my-cloud:latest`.
    """
    _, is_tagged, tag = name.rpartition(":")
    if not is_tagged:
        return False
    return tag == _CLOUD or (tag.endswith(f"-{_CLOUD}") and "/" not in tag)


def says_remote(remote_host: object, remote_model: object) -> bool:
    """Whether these members of a listing's entry, or of an answer's record, name another host."""
    return bool(word(remote_host) or word(remote_model))
