"""Listening, and the sentence when a port is taken.

Signals and drains need a process: tests/integration/test_processes.py.
"""

import socket

import aiohttp
import pytest
from fastapi import FastAPI

from ollama_observe.service.lifecycle import Listener, ListenError, bind, listening


async def test_a_listener_serves_while_the_block_runs() -> None:
    app = FastAPI()

    @app.get("/")
    async def hello() -> str:
        return "hello"

    async with listening(Listener("sample", app, "127.0.0.1", 0)) as port:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/") as answer:
                assert await answer.json() == "hello"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"127.0.0.1:{port} .sample.: Address already"):
            bind("sample", "127.0.0.1", port)


def test_a_name_that_no_resolver_knows_is_said_in_its_words() -> None:
    with pytest.raises(ListenError, match=r"name.invalid:1 .sample.: [A-Z][a-z]+ .*[a-z]"):
        bind("sample", "name.invalid", 1)


def test_ipv6_is_bound_where_it_is_asked_for() -> None:
    with bind("sample", "::1", 0) as sock:
        assert sock.family is socket.AF_INET6
