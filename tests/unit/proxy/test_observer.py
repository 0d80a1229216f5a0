"""The observer: what a request is for, read from its raw target and headers."""

from typing import cast

import pytest

from ollama_observe.metrics.catalogue import queue
from ollama_observe.wire.endpoints import ENDPOINTS
from proxy.books import Steps
from proxy.labels import ModelLabels
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.queue.priorities import Priority
from proxy.queue.standing import Standing
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.ledgers import ReadLedger, nothing_loaded


def observer(**settings: object) -> Observer:
    chosen = ProxySettings.model_validate(settings)
    return Observer(
        chosen, ReadLedger().ledger, Shared(), lambda *_: None, nothing_loaded, lambda: 0.0
    )


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


def test_further_steps_come_after_all_others_and_know_which_names_are_labels() -> None:
    found: list[str] = []

    def further(models: ModelLabels) -> Steps:
        models.admit("m")
        one = ("one", lambda _page, story: found.append(f"request {story.status}"))
        other = ("other", lambda _page, story: found.append(models.known("m")))
        return Steps((one,), (other,))

    watching = Observer(
        ProxySettings(),
        ReadLedger().ledger,
        Shared(),
        lambda *_: None,
        nothing_loaded,
        further=further,
    )
    watching.begin(b"GET", b"/", {}, 0.0).finish(1.0, Ending.MALFORMED)
    assert found == ["request 400", "m:latest"]
    assert watching.models.known("m") == "m:latest"


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


def test_what_the_models_did_is_in_the_table_unless_nobody_notes_it() -> None:
    told = observer().table().models
    assert told is not None
    assert (told.at, told.done, told.present) == (0.0, {}, [])
    assert observer(insight="false").table().models is None


@pytest.mark.parametrize("is_on", [False, True])
def test_what_became_of_a_request_in_the_queue_is_booked_where_there_is_one(is_on: bool) -> None:
    read = ReadLedger()
    watching = Observer(
        ProxySettings.model_validate({"queue": is_on}),
        read.ledger,
        Shared(),
        lambda *_: None,
        nothing_loaded,
    )
    begun = watching.begin(b"POST", b"/api/chat", {}, 0.0)
    begun.queues(cast("Standing", _Standing()), 1.0)
    begun.finish(2.0, Ending.CLIENT_GONE)
    counted = read.value(queue.REQUESTS, model="other", priority="low", result="left")
    assert counted == (1 if is_on else None)


class _Standing:
    priority = Priority.LOW
