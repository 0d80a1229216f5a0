"""Where models compute: by name, by Ollama's list, by an answer; told once a model over all."""

import asyncio

from ollama_observe.metrics.catalogue import location as m
from ollama_observe.metrics.ledger import Page
from ollama_observe.wire.endpoints import Answer, endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.locations import Location
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import read_request
from proxy.locations import AGAIN_SECONDS, FRESH_SECONDS, LocationGauge, Locations
from proxy.pages import Pages
from proxy.story import Story
from tests.clock import Clock
from tests.ledgers import ReadLedger
from tests.waiting import until

LOCAL, CLOUD = Location.LOCAL, Location.CLOUD
REMOTE = b'{"done":true,"remote_host":"http://gpu-box:11434"}\n'


class Ollama:
    """Says what it has on its disk, when it is let; None: it does not answer."""

    def __init__(self, **listed: Location) -> None:
        self.listed: dict[str, Location] | None = {f"{k}:latest": v for k, v in listed.items()}
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self) -> dict[str, Location] | None:
        self.asked += 1
        await self.may_answer.wait()
        return self.listed


def story(model: str, asked: str = "m", answer: bytes = b'{"done":true}\n') -> Story:
    told = Story("id", "", "", "POST", endpoint_of("/api/chat"), True, model, 0.0)
    told.facts = read_request(b'{"model":"%s"}' % asked.encode())
    told.meter = StreamMeter(Answer.CHAT, Framing.NDJSON)
    told.meter.feed(1.0, answer)
    return told


def page() -> Page:
    return Pages(ReadLedger().ledger).of(story("m:latest"))


def settled(locations: Locations, told: Story) -> bool:
    """Whether an answer that has ended was made elsewhere."""
    locations.settle(page(), told)
    return told.is_cloud


async def known(locations: Locations, **expected: Location) -> None:
    await until(lambda: locations.told() == {f"{k}:latest": v for k, v in expected.items()})


async def test_a_name_that_says_cloud_is_believed_and_nobody_asked() -> None:
    ollama = Ollama()
    locations = Locations(ollama)
    locations.admit("big:120b-cloud")
    assert locations.told() == {"big:120b-cloud": CLOUD}
    assert locations.of(story("big:120b-cloud")) is CLOUD
    await asyncio.sleep(0)
    assert ollama.asked == 0


async def test_of_any_other_name_ollama_says_it_once_somebody_looks() -> None:
    ollama = Ollama(alias=CLOUD, small=LOCAL)
    locations = Locations(ollama)
    for name in ("alias", "small", "deleted"):
        locations.admit(f"{name}:latest")
    assert ollama.asked == 0
    assert locations.told() == {}
    assert locations.of(story("alias:latest")) is None
    await known(locations, alias=CLOUD, small=LOCAL, deleted=LOCAL)
    assert ollama.asked == 1
    assert locations.of(story("alias:latest")) is CLOUD
    assert locations.is_elsewhere(story("alias:latest"))
    assert not locations.is_elsewhere(story("small:latest"))


async def test_a_request_without_a_label_is_judged_by_the_name_that_it_asks_for() -> None:
    locations = Locations(Ollama())
    assert locations.of(story("other", "big:cloud")) is CLOUD
    assert locations.of(story("other", "Big:8b:Cloud")) is CLOUD
    assert locations.of(story("other", "small")) is None
    assert locations.of(story("none", "big:cloud")) is None


async def test_those_who_look_meanwhile_do_not_ask_again_and_who_comes_then_is_asked_for() -> None:
    ollama = Ollama(a=CLOUD, b=CLOUD)
    ollama.may_answer.clear()
    locations = Locations(ollama, Clock())
    locations.admit("a:latest")
    for _ in range(3):
        locations.told()
        await asyncio.sleep(0)
    assert ollama.asked == 1
    locations.admit("b:latest")
    ollama.may_answer.set()
    await known(locations, a=CLOUD, b=CLOUD)
    assert ollama.asked == 2


async def test_a_list_is_believed_for_a_while_and_then_asked_for_again() -> None:
    clock, ollama = Clock(), Ollama(alias=LOCAL)
    locations = Locations(ollama, clock)
    locations.admit("alias:latest")
    await known(locations, alias=LOCAL)
    ollama.listed = {"alias:latest": CLOUD}
    clock.now += FRESH_SECONDS - 1
    locations.told()
    await asyncio.sleep(0)
    assert ollama.asked == 1
    clock.now += 1
    await known(locations, alias=CLOUD)
    assert ollama.asked == 2


async def test_where_ollama_does_not_answer_nothing_is_told_and_it_is_asked_again_soon() -> None:
    clock, ollama = Clock(), Ollama()
    ollama.listed = None
    locations = Locations(ollama, clock)
    for name in ("alias:latest", "said:latest", "big:cloud"):
        locations.admit(name)
    assert settled(locations, story("said:latest", answer=REMOTE))
    elsewhere = {"said:latest": CLOUD, "big:cloud": CLOUD}
    assert locations.told() == elsewhere
    await until(lambda: ollama.asked == 1)
    await asyncio.sleep(0)
    assert locations.told() == elsewhere
    ollama.listed = {"alias:latest": CLOUD}
    clock.now += AGAIN_SECONDS
    await until(lambda: locations.told() == {"alias:latest": CLOUD, **elsewhere})
    assert ollama.asked == 2


async def test_of_a_new_label_an_older_list_tells_while_ollama_does_not_answer() -> None:
    clock, ollama = Clock(), Ollama(alias=CLOUD, other=CLOUD)
    locations = Locations(ollama, clock)
    locations.admit("alias:latest")
    await known(locations, alias=CLOUD)
    ollama.listed = None
    for name in ("other", "newer"):
        locations.admit(f"{name}:latest")
    await known(locations, alias=CLOUD, other=CLOUD)
    ollama.listed = {"alias:latest": CLOUD, "newer:latest": LOCAL}
    clock.now += AGAIN_SECONDS
    await known(locations, alias=CLOUD, other=LOCAL, newer=LOCAL)


async def test_what_was_listed_holds_while_ollama_does_not_answer() -> None:
    clock, ollama = Clock(), Ollama(alias=CLOUD)
    locations = Locations(ollama, clock)
    locations.admit("alias:latest")
    await known(locations, alias=CLOUD)
    ollama.listed = None
    clock.now += FRESH_SECONDS
    locations.told()
    await until(lambda: ollama.asked == 2)
    await known(locations, alias=CLOUD)


async def test_an_answer_that_names_another_host_is_believed_where_no_list_tells() -> None:
    ollama = Ollama()
    locations = Locations(ollama)
    locations.admit("alias:latest")
    assert settled(locations, story("alias:latest", answer=REMOTE))
    assert locations.told() == {"alias:latest": CLOUD}
    await until(lambda: ollama.asked == 1)
    await known(locations, alias=CLOUD)


async def test_a_list_that_has_the_model_is_right_about_its_label() -> None:
    locations = Locations(Ollama(both=LOCAL))
    locations.admit("both:latest")
    await known(locations, both=LOCAL)
    # of two Ollamas behind one gateway only one hands it on
    assert settled(locations, story("both:latest", answer=REMOTE))
    assert locations.told() == {"both:latest": LOCAL}


async def test_an_ended_answer_was_made_where_its_model_computes() -> None:
    locations = Locations(Ollama(small=LOCAL, alias=CLOUD))
    for name in ("small:latest", "alias:latest", "big:cloud"):
        locations.admit(name)
    locations.told()
    await until(lambda: len(locations.told()) == 3)
    assert not settled(locations, story("small:latest"))
    assert settled(locations, story("alias:latest"))
    assert settled(locations, story("big:cloud"))
    assert settled(locations, story("other", "big:cloud"))
    assert settled(locations, story("other", "small", REMOTE))
    assert "other" not in locations.told()


def test_a_request_of_which_no_answer_was_read_is_judged_by_its_label() -> None:
    locations = Locations()
    locations.admit("big:cloud")
    locations.admit("small:latest")
    for model, is_cloud in (("big:cloud", True), ("small:latest", False), ("none", False)):
        told = story(model)
        told.meter = None
        assert settled(locations, told) is is_cloud


def shown(read: ReadLedger) -> dict[str, Location]:
    """Model to where it computes; each at most once."""
    series = [
        (model, location)
        for model in "abc"
        for location in Location
        if read.value(m.MODEL_INFO, model=model, location=location) == 1
    ]
    assert len(dict(series)) == len(series)
    return dict(series)


def gauge(limit: int = 10) -> tuple[LocationGauge, ReadLedger]:
    read = ReadLedger()
    return LocationGauge(read.ledger, limit), read


def test_each_model_has_one_series_whatever_the_processes_say() -> None:
    told, read = gauge()
    told.put([{"a": LOCAL, "b": CLOUD}, {"a": CLOUD, "c": LOCAL}])
    assert shown(read) == {"a": CLOUD, "b": CLOUD, "c": LOCAL}


def test_what_is_put_right_takes_the_place_of_what_was_said() -> None:
    told, read = gauge()
    told.put([{"a": LOCAL}])
    told.put([{"a": CLOUD}])
    assert shown(read) == {"a": CLOUD}
    told.put([{"a": LOCAL}])
    assert shown(read) == {"a": LOCAL}


def test_a_process_that_is_gone_does_not_take_its_models_with_it() -> None:
    told, read = gauge()
    told.put([{"a": CLOUD}, {"b": LOCAL}])
    told.put([{}])
    assert shown(read) == {"a": CLOUD, "b": LOCAL}


def test_no_more_models_have_series_than_the_limit_says() -> None:
    told, read = gauge(limit=2)
    told.put([{"a": LOCAL}, {"b": LOCAL, "c": CLOUD}])
    told.put([{"c": CLOUD, "a": CLOUD}])
    assert shown(read) == {"a": CLOUD, "b": LOCAL}
