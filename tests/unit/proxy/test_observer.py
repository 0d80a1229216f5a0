"""The observer: what a request is for, read from its raw target and headers."""

import pytest

from ollama_observe.wire.endpoints import ENDPOINTS
from proxy.observer import Observer, endpoint_of_target
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.ledgers import ReadLedger, nothing_loaded


def observer(**settings: object) -> Observer:
    chosen = ProxySettings.model_validate(settings)
    return Observer(
        chosen, ReadLedger().ledger, Shared(), lambda *_: None, nothing_loaded, lambda: 0.0
    )


@pytest.mark.parametrize(
    ("target", "template"),
    [
        (b"/api/chat", "/api/chat"),
        (b"/api/chat?x=1&y=/api/generate", "/api/chat"),
        (b"/api/ch%61t", "/api/chat"),
        (b"http://proxy:11435/api/chat?x", "/api/chat"),
        (b"http://proxy:11435", "/"),
        (b"/v1/models/a%2Fb?x=1", "/v1/models/:model"),
        (b"/api/user/keys/secret", "/api/user/keys/:key"),
        (b"/api/blobs/sha256:1", "/api/blobs/:digest"),
        (b"/invented/\xff%ff", "other"),
        (b"*", "other"),
        (b"", "other"),
    ],
)
def test_a_target_is_a_route_whatever_its_form(target: bytes, template: str) -> None:
    assert endpoint_of_target(target).template == template
    recorder = observer().begin(b"POST", target, {}, 0.0)
    assert recorder.endpoint.template == template


def test_every_route_is_found_by_its_raw_path() -> None:
    watching = observer()
    for endpoint in ENDPOINTS:
        found = watching.begin(b"GET", endpoint.template.encode(), {}, 0.0)
        assert found.endpoint is endpoint


def test_the_clients_id_is_taken_from_the_header_of_the_settings() -> None:
    headers = {b"x-request-id": b"mine", b"x-correlation": b"theirs"}

    def taken(**settings: object) -> str:
        begun = observer(**settings).begin(b"GET", b"/", headers, 0.0)
        return begun.request_id

    assert taken() == "mine"
    assert taken(request_id_header="X-Correlation") == "theirs"
    assert taken(request_id_header="") not in ("mine", "theirs", "")


def test_requests_in_flight_are_there_until_they_end() -> None:
    watching = observer()
    begun = watching.begin(b"GET", b"/api/tags", {}, 0.0)
    (entry,) = watching.inflight.entries()
    assert (entry.endpoint, entry.model, entry.request_id) == (
        "/api/tags",
        "none",
        begun.request_id,
    )


@pytest.mark.parametrize(
    ("method", "label"),
    [(b"GET", "GET"), (b"BREW", "other"), (b"get", "other"), (b"\xff", "other")],
)
def test_unusual_methods_share_a_label(method: bytes, label: str) -> None:
    begun = observer().begin(method, b"/", {}, 0.0)
    assert begun.story.method == label
