import socket
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.request import read_request
from stack.start import differences, start


def test_an_ollama_that_does_not_answer_ends_the_start_before_anything_is_written(
    tmp_path: Path,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(StackError, match="no Ollama answers at OLLAMA_URL"):
            start(read_request({"OLLAMA_URL": url}, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_gateway_elsewhere_is_not_started(tmp_path: Path) -> None:
    request = read_request({"PORTKEY_HOST": "gw.example"}, tmp_path)
    with pytest.raises(StackError, match=r"http://gw\.example:8787 .* `make start-proxy-portkey`"):
        start(request, "start-portkey")
    assert list(tmp_path.iterdir()) == []


def test_what_is_set_differently_is_told_from_what_nobody_says_any_more() -> None:
    assert differences(["PROXY_CACHE", "OLLAMA_URL"], {"PROXY_CACHE": ""}) == [
        "set differently since it was started: PROXY_CACHE",
        "started with OLLAMA_URL, not set now: name it again, or put it into .env",
    ]
    assert differences([], {"OLLAMA_URL": "x"}) == []
