"""What the exchanges of a listener share: whose bodies may be asked in."""

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.wire.endpoints import endpoint_of
from proxy.doors import create_doors
from proxy.heads import read_request
from proxy.relay import Relay
from proxy.settings import ProxySettings
from proxy.shared import Shared


def relay(**told: object) -> Relay:
    settings = ProxySettings.model_validate(told)
    return create_doors(settings, Ledger(catalogue.PROXY), Shared()).front


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 3", "/v1/chat/completions", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3", "/v1/completions", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3", "/api/chat", False),
        (b"POST / HTTP/1.1\r\nContent-Length: 3", "/v1/messages", False),
        (b"POST / HTTP/1.1", "/v1/completions", False),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue",
            "/v1/completions",
            False,
        ),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked", "/v1/completions", False),
        (b"OPTIONS / HTTP/1.1\r\nContent-Length: 3", "/v1/completions", False),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Encoding: zstd",
            "/v1/completions",
            False,
        ),
    ],
)
def test_counts_are_asked_for_only_where_they_can_be_taken_out_again(
    raw: bytes, path: str, expected: bool
) -> None:
    head = read_request(raw)
    assert relay(inject_usage=True).injects_into(endpoint_of(path), head) is expected
    assert not relay().injects_into(endpoint_of(path), head)
