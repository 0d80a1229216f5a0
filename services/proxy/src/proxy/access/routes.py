"""What a route asks of a key. Pure.

The routes that any key may take are a closed list: those that list and show, and those that run a
model, which a key may be held to. What is not in it changes models, moves their bytes, concerns
the account at ollama.com, or is not known here, such as a route that Ollama gets tomorrow: that
takes a key that may manage.
"""

from enum import Enum, auto

from ollama_observe.wire.endpoints import Endpoint, path_of_target
from proxy.heads import RequestHead

_MODEL_PATH = "/v1/models/"
_OPEN = frozenset({"/", "/api/version", "/api/status", "/api/tags", "/api/ps", "/v1/models"})
_SHOWN = "/api/show"
_ASKING = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""The methods by which lists are asked for; by any other something could be changed there."""
_ELSEWHERE = frozenset({".", ".."})


class Need(Enum):
    """What of a key decides on a route."""

    ANY = auto()
    """It is good for any."""
    MODEL = auto()
    """It names a model in its body, and the key may be held to some."""
    PATH = auto()
    """It names a model in its path."""
    MANAGE = auto()
    """The key must be one that may manage."""


def need_of(endpoint: Endpoint, head: RequestHead) -> Need:
    """What a request for an endpoint asks of a key."""
    if endpoint.proves_model:
        return Need.MODEL
    if head.method in _ASKING:
        if endpoint.template in _OPEN:
            return Need.ANY
        if endpoint.template.startswith(_MODEL_PATH) and not _may_lead_elsewhere(head):
            return Need.PATH
    return Need.MANAGE


def model_in_path(head: RequestHead) -> str:
    """The model that a path of Need.PATH names, as it was written."""
    return path_of_target(head.target).removeprefix(_MODEL_PATH)


def _may_lead_elsewhere(head: RequestHead) -> bool:
    """Whether somebody on the way could make another path of it: by steps up, also such as only
    show when it is decoded once more. No model's name has any of that.
    """
    path = path_of_target(head.target)
    return "%" in path or not _ELSEWHERE.isdisjoint(path.replace("\\", "/").split("/"))


def has_older_name(endpoint: Endpoint) -> bool:
    """Whether a body may name its model by `name` as well: an older spelling of this route's."""
    return endpoint.template == _SHOWN


def is_preflight(head: RequestHead) -> bool:
    """Whether a browser asks if a page may ask: it sends no key with that, whatever the page has,
    and no body.

    Source: Fetch, 4.8 (CORS-preflight fetch).
    """
    names = (b"origin", b"access-control-request-method")
    is_one = head.method == b"OPTIONS" and head.length == 0
    return is_one and all(name in head.headers for name in names)
