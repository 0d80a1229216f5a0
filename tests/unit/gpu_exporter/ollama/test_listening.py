"""The port of an Ollama, by what it was started with."""

import pytest

from gpu_exporter.ollama.listening import asked_port, port_of
from tests.proctrees import ENGINE, SERVE


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("", 11434),
        ("127.0.0.1", 11434),
        ("0.0.0.0:11435", 11435),
        (":11436", 11436),
        ("http://gpu-box", 80),
        ("https://gpu-box/ollama", 443),
        ("http://gpu-box:8080/x", 8080),
        ("[::1]:11437", 11437),
        ("[::1]", 11434),
        (' "0.0.0.0:11438" ', 11438),
        ("::1", None),
        ("http://me:secret@gpu-box:1", None),
        ("gpu-box:many", None),
    ],
)
def test_ollama_listens_where_its_host_says(host: str, port: int | None) -> None:
    assert port_of(SERVE, f"OLLAMA_HOST={host}\0OLLAMA_HOST=x:1\0".encode()) == port


def test_without_a_host_it_is_ollama_s_own_port() -> None:
    assert port_of(SERVE, b"HOME=/root\0ENGINE_PORT=7\0") == 11434


@pytest.mark.parametrize(
    ("words", "block", "port"),
    [
        ((), b"", 11434),
        ((), b"ENGINE_PORT=11435\0OLLAMA_HOST=x:7\0", 11435),
        (("--port", "11436"), b"ENGINE_PORT=11435\0", 11436),
        (("--port=11437",), b"", 11437),
        ((), b"ENGINE_PORT=many\0", None),
        ((), b"ENGINE_PORT=" + b"1" * 5000 + b"\0", None),
        (("--port", "1" * 5000), b"", None),
    ],
)
def test_the_engine_listens_where_its_flags_or_variables_say(
    words: tuple[str, ...], block: bytes, port: int | None
) -> None:
    assert port_of((*ENGINE, *words), block) == port


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://127.0.0.1:11434", 11434),
        ("http://gpu-box/ollama", 80),
        ("https://me:secret@gpu-box", 443),
    ],
)
def test_the_port_that_is_asked_is_the_url_s(url: str, port: int) -> None:
    assert asked_port(url) == port
