"""The listeners of one process, made of its settings."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ollama_observe.service.lifecycle import bind
from proxy.access.denials import Denial
from proxy.doors import Doors, create_doors
from proxy.front import FrontDesk
from proxy.heads import read_request
from proxy.portkey.return_leg import ReturnDesk
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.clients import RawClient
from tests.fakes.server import Call, ScriptedServer
from tests.ledgers import ReadLedger

PLAIN = {"provider": "openai", "api_key": "k", "custom_host": "${ollama}"}


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate(told)


def doors(shared: Shared | None = None, **told: Any) -> Doors:
    """One process's, with the port 7 for its return leg unless told otherwise."""
    port = told.pop("port_of_leg", 7)
    index = told.pop("index", 0)
    ledger = told.pop("ledger", ReadLedger().ledger)
    return create_doors(settings(**told), ledger, shared or Shared(), index=index, return_port=port)


# what there is


def test_without_the_gateway_there_is_one_door() -> None:
    made = doors(return_leg=True)
    assert made.back is None
    assert isinstance(made.front.desk, FrontDesk)
    assert made.front.desk.observer is made.observer


def test_whoever_comes_in_is_looked_at_for_a_trace_first(tmp_path: Path) -> None:
    def lookers(**told: Any) -> list[str]:
        desk = doors(**told).front.desk
        assert isinstance(desk, FrontDesk)
        return [type(one).__name__ for one in desk._thresholds]

    keys = tmp_path / "keys"
    keys.write_text("")
    endpoint = {"otlp_endpoint": "http://127.0.0.1:4318"}
    assert lookers() == []
    assert lookers(**endpoint, otlp_signals="metrics") == []
    assert lookers(**endpoint) == ["Tracing"]
    assert lookers(**endpoint, api_keys_file=keys) == ["Tracing", "Gate"]


def test_with_it_there_is_a_way_back_where_there_is_a_port_for_it() -> None:
    made = doors(enable_portkey=True)
    assert made.back is not None
    assert isinstance(made.back.desk, ReturnDesk)
    assert doors(enable_portkey=True, return_leg=False, port_of_leg=None).back is None


def test_ids_and_counts_are_the_front_doors_to_add() -> None:
    made = doors(enable_portkey=True, inject_usage=True, request_id_header="X-Own")
    assert made.back is not None
    endpoint = made.observer.begin(b"POST", b"/v1/completions", {}, 0.0).endpoint
    asked = read_request(b"POST /v1/completions HTTP/1.1\r\nContent-Length: 9")
    assert made.front.injects_into(endpoint, asked)
    assert not made.back.injects_into(endpoint, asked)
    assert (made.front.request_id_header, made.back.request_id_header) == (b"X-Own", b"")


async def test_both_doors_know_the_same_passages_and_the_way_back_all_upstreams() -> None:
    made = doors(enable_portkey=True, upstreams="second=http://b:2/x")
    assert made.back is not None
    head = read_request(b"GET /api/tags HTTP/1.1")
    witness = made.front.desk.observe(head, 0.0)
    way = made.front.desk.way(head, witness, Exchange())
    sent = read_request(way.head(head)[:-4])
    assert sent.headers[b"x-portkey-custom-host"] == b"http://127.0.0.1:7/to/ollama"
    raw = b"GET /to/second/api/tags HTTP/1.1\r\nx-ollama-observe-leg: "
    back = read_request(raw + sent.headers[b"x-ollama-observe-leg"])
    home = made.back.desk.way(back, made.back.desk.observe(back, 0.0), Exchange())
    assert home.name == "Ollama at http://b:2"
    assert home.head(back).startswith(b"GET /x/api/tags HTTP/1.1\r\n")
    way.close()


class Exchange:
    """Somebody who asks."""

    def upstream_hangs(self) -> None:
        pass

    def withdraw(self) -> None:
        pass


def test_what_comes_back_takes_no_place_of_a_client() -> None:
    shared = Shared()
    made = doors(shared, enable_portkey=True, max_requests=2)
    assert made.back is not None
    assert made.front.admission.enter() is None
    assert made.back.admission.enter() is None
    assert made.front.admission.enter() is None


def test_each_process_writes_its_own_number_alone() -> None:
    shared = Shared()
    made = doors(shared, enable_portkey=True, index=3)
    assert made.back is not None
    made.front.admission.enter()
    made.back.admission.enter()
    assert list(shared.in_flight[:3]) == [0, 0, 0]


# who may ask


async def test_nobody_is_asked_for_a_key_unless_somebody_says_so(tmp_path: Path) -> None:
    plain, keys = doors(), tmp_path / "keys.toml"
    assert plain.access is None
    assert not plain.front.needs_peers
    assert isinstance(plain.front.desk, FrontDesk)
    assert plain.front.desk._thresholds == ()
    assert plain.front.desk._bends == ()
    made = doors(api_keys_file=keys, trusted_addresses="::1", enable_portkey=True)
    assert made.front.needs_peers
    head = read_request(b"GET /api/tags HTTP/1.1")
    with pytest.raises(Denial, match="an API key is needed"):
        made.front.desk.way(head, made.front.desk.observe(head, 0.0), Exchange())
    assert made.back is not None
    head = read_request(b"GET /to/ollama/api/tags HTTP/1.1")
    with pytest.raises(Denial, match="an API key is needed"):
        made.back.desk.way(head, made.back.desk.observe(head, 0.0), Exchange())


# who goes first


@pytest.mark.parametrize("is_on", [False, True])
async def test_requests_queue_only_where_they_are_told_to(tmp_path: Path, is_on: bool) -> None:
    read = ReadLedger()
    made = doors(queue=is_on, api_keys_file=tmp_path / "keys", ledger=read.ledger)
    desk = made.front.desk
    assert isinstance(desk, FrontDesk)
    # a body that a key may not send is refused before it waits
    named = [type(bend).__name__ for bend in desk._bends]
    assert named == ["ModelBend", "Queueing"] if is_on else named == ["ModelBend"]
    assert (made.queue is not None) is is_on
    assert doors(queue=is_on).front.needs_peers is is_on
    assert ("ollama_proxy_queue" in read.text()) is is_on


def test_upstreams_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="each name once"):
        doors(enable_portkey=True, upstreams="ollama=http://b")


# serving


@pytest.mark.parametrize("has_leg", [True, False])
async def test_the_doors_are_open_while_the_block_runs(has_leg: bool) -> None:
    async def hello(call: Call) -> None:
        await call.answer("200 OK", [], call.target.encode())

    async with ScriptedServer(hello) as ollama:
        told = settings(ollama_url=ollama.url, enable_portkey=has_leg, drain_seconds=0)
        front, back = bind("relay", "127.0.0.1", 0), bind("leg", "127.0.0.1", 0)
        port = back.getsockname()[1]
        made = create_doors(
            told, ReadLedger().ledger, Shared(), return_port=port if has_leg else None
        )
        open_doors = [(front, "/api/tags")] + [(back, "/to/ollama/api/tags")] * has_leg
        async with asyncio.timeout(5), made.serving(told, front, back if has_leg else None):
            for sock, target in open_doors:
                url = f"http://127.0.0.1:{sock.getsockname()[1]}"
                async with await RawClient.connect(url) as client:
                    await client.request("GET", target, b"", "X-Route: direct")
                    head = await client.head()
                    assert (head.status, await client.body(head)) == (200, b"/api/tags")
        assert [sock.fileno() for sock, _ in open_doors] == [-1] * len(open_doors)
        back.close()
