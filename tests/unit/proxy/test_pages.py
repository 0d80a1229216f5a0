"""Pages: one for each combination of labels, whatever is booked on it."""

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.wire.endpoints import endpoint_of
from proxy.pages import Pages
from proxy.story import Story
from tests.ledgers import ReadLedger


def story(model: str = "m:latest", method: str = "POST") -> Story:
    return Story("id", "", "", method, endpoint_of("/api/chat"), True, model, 0.0)


def test_requests_with_the_same_labels_share_a_page() -> None:
    pages = Pages(ReadLedger().ledger)
    assert pages.of(story()) is pages.of(story())
    assert pages.of(story()) is not pages.of(story("other"))
    assert pages.of(story()) is not pages.of(story(method="GET"))


def test_a_request_that_is_named_late_is_booked_under_its_name() -> None:
    read = ReadLedger()
    pages = Pages(read.ledger)
    told = story("other")
    pages.of(told)
    told.model = "m:latest"
    pages.of(told).add(m.REQUESTS, 1, "200")
    labels = {"method": "POST", "endpoint": "/api/chat", "status": "200"}
    assert read.value(m.REQUESTS, model="m:latest", **labels) == 1
    assert read.value(m.REQUESTS, model="other", **labels) is None


def test_where_something_was_booked_nothing_in_flight_is_zero_not_absent() -> None:
    read = ReadLedger()
    Pages(read.ledger).of(story())
    assert read.value(m.ACTIVE, model="m:latest", endpoint="/api/chat") == 0


def test_users_have_pages_of_their_own() -> None:
    read = ReadLedger()
    pages = Pages(read.ledger)
    pages.of_user("abc", "direct").add(m.USER_TOKENS, 3, "input")
    assert pages.of_user("abc", "direct") is pages.of_user("abc", "direct")
    pages.of_user("other", "direct").add(m.USER_TOKENS, 4, "input")
    assert read.value(m.USER_TOKENS, user="abc", type="input") == 3
