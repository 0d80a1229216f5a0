"""The gateway: what is too long for it, and when it hangs."""

from typing import Any

import pytest

from proxy.heads import read_request
from proxy.portkey.config import PortkeyConfig
from proxy.portkey.gateway import HEAD_LIMIT_BYTES
from proxy.portkey.passages import Passage
from proxy.portkey.schema import ConfigError
from tests.crossings import CHAT, ELSEWHERE, OPENAI, PLAIN, World


def test_a_configuration_that_cannot_be_sent_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="unknown upstream 'third'"):
        World(PortkeyConfig.checked({**PLAIN, "custom_host": "${third}"}))


def test_it_is_named_with_its_address_and_is_down_when_it_was_found_so() -> None:
    world = World()
    assert world.gateway.name == "Portkey at http://gateway:8787"
    found = [world.gateway.is_down]
    for at, is_up in ((1.0, False), (2.0, True)):
        world.state.tell(at, is_up)
        found.append(world.gateway.is_down)
    assert found == [False, True, False]


# heads that are too long


def longest_head(world: World, raw: bytes) -> int:
    """The longest head, as it goes out, of those that the gateway is said to read."""
    low, high = 0, HEAD_LIMIT_BYTES
    while high - low > 1:
        middle = (low + high) // 2
        fits = world.gateway.reads(read_request(raw + b"\r\nX: " + b"x" * middle))
        low, high = (middle, high) if fits else (low, middle)
    long = raw + b"\r\nX: " + b"x" * low
    return len(world.cross(long).head(read_request(long)))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (None, {}),
        (None, {"portkey_typed_routes": True}),
        (PortkeyConfig.checked({**PLAIN, "api_key": "k" * 7000}), {}),
        (PortkeyConfig.checked({**PLAIN, "api_key": "k" * 7000}), {"portkey_typed_routes": True}),
    ],
)
async def test_a_head_that_the_gateway_is_said_to_read_is_no_longer_than_it_reads(
    config: PortkeyConfig | None, told: dict[str, Any]
) -> None:
    world = World(config, **told)
    for raw in (CHAT, OPENAI, b"GET /api/tags HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"C: d"):
        longest = longest_head(world, raw)
        assert HEAD_LIMIT_BYTES - 1024 < longest <= HEAD_LIMIT_BYTES


async def test_a_head_with_the_address_s_credentials_is_no_longer_than_the_gateway_reads() -> None:
    world = World(url=f"http://me:{'k' * 1500}@gpu", return_leg=False)
    assert longest_head(world, CHAT) <= HEAD_LIMIT_BYTES


# a gateway that hangs


def look(world: World) -> bool:
    """Look at the requests under way, and say whether one was given up."""
    before = world.given_up
    world.gateway.passages._look()
    return world.given_up > before


def waiting(world: World, raw: bytes = CHAT) -> Passage:
    """A request that the gateway got at 0."""
    passage = world.cross(raw).passage
    passage.gateway_got(0.0)
    return passage


async def test_a_request_that_the_gateway_keeps_too_long_is_given_up() -> None:
    world = World()
    waiting(world)
    for now, is_given_up in ((0.0, False), (60.0, False), (60.1, True)):
        world.now = now
        assert look(world) is is_given_up


async def test_a_clock_that_stands_still_gives_nobody_up() -> None:
    world = World(portkey_timeout_seconds=1e-9)
    waiting(world)
    assert not any(look(world) for _ in range(100))


async def test_while_ollama_works_nobody_is_given_up() -> None:
    world = World()
    passage = waiting(world)
    passage.attempt_began(1.0, lambda: None)
    world.now = 1e6
    assert not look(world)
    passage.gateway_got(1e6)  # a piece of the answer
    world.now += 61
    assert look(world)


async def test_a_piece_is_not_the_gateways_while_the_client_takes_nothing() -> None:
    world = World()
    passage = waiting(world)
    passage.client_keeps_up(world.now, False)
    world.now = 1000.0
    assert not look(world)


async def test_a_client_that_takes_again_is_not_given_up_for_its_own_pause() -> None:
    world = World()
    passage = waiting(world)
    passage.client_keeps_up(world.now, False)
    world.now = 1000.0
    passage.client_keeps_up(world.now, True)
    assert not look(world)


@pytest.mark.parametrize(
    ("config", "told", "fields"),
    [
        (None, {"return_leg": False}, b""),
        (ELSEWHERE, {}, b""),
        (None, {"portkey_client_headers": True}, b"\r\nx-portkey-provider: openai"),
    ],
    ids=["no leg", "elsewhere", "chosen"],
)
async def test_where_requests_do_not_come_back_a_slow_model_is_no_gateway_that_hangs(
    config: PortkeyConfig | None, told: dict[str, Any], fields: bytes
) -> None:
    world = World(config, **told)
    waiting(world, CHAT + fields)
    world.now = 1000.0
    world.state.tell(999.0, is_up=True)
    assert not look(world)
    world.state.tell(1000.0, is_up=False)  # it has not been silent for so long
    assert not look(world)
    world.state.tell(1060.0, is_up=False)
    assert look(world)


async def test_a_gateway_that_never_answered_is_silent_without_end() -> None:
    world = World(return_leg=False)
    waiting(world)
    world.state.tell(1.0, is_up=False)
    world.now = 61.0
    assert look(world)
