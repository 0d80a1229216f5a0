"""What a request becomes on its way out."""

import pytest

from ollama_observe.metrics import catalogue as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.wire.endpoints import endpoint_of
from proxy.admission import Admission, Refusal
from proxy.heads import read_request
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.relay import Relay
from proxy.settings import ProxySettings
from proxy.shared import Shared
from tests.ledgers import nothing_loaded


def relay(url: str = "http://gpu-box:11434", **told: object) -> Relay:
    settings = ProxySettings.model_validate({"ollama_url": url, **told})
    shared = Shared()
    observer = Observer(
        settings, Ledger(m.PROXY), shared, lambda _event, _fields: None, nothing_loaded
    )
    return Relay(settings, UpstreamPool(url, 1.0), observer, Admission(0, shared))


def test_a_request_goes_out_as_it_was_written() -> None:
    raw = b"pOST /v1/models/a%2Fb?x=1 HTTP/1.1\r\nhOST: me:1\r\nX:  y\r\nContent-Length: 3"
    assert relay().outbound(read_request(raw)) == raw + b"\r\n\r\n"


def test_an_old_version_stays_one() -> None:
    assert relay().outbound(read_request(b"GET / HTTP/1.0")) == b"GET / HTTP/1.0\r\n\r\n"


def test_a_chunked_body_stays_chunked() -> None:
    raw = b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nA: b"
    expected = b"POST / HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert relay().outbound(read_request(raw)) == expected


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (b"/", b"/"),
        (b"/a?", b"/a?"),
        (b"/a#b", b"/a#b"),
        (b"//a", b"//a"),
        (b"http://h:1/a?b", b"/a?b"),
        (b"HTTP://h", b"/"),
    ],
)
def test_a_target_is_what_follows_the_host(target: bytes, sent: bytes) -> None:
    head = read_request(b"GET " + target + b" HTTP/1.1")
    assert relay().outbound(head).startswith(b"GET " + sent + b" HTTP/1.1\r\n")
    below = relay("http://gpu/ollama/").outbound(head)
    assert below.startswith(b"GET /ollama" + sent + b" HTTP/1.1\r\n")


def test_the_whole_server_may_be_asked_for_its_options() -> None:
    assert relay("http://gpu/x").outbound(read_request(b"OPTIONS * HTTP/1.1"))[:10] == b"OPTIONS * "


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"http://h/a?b=c", b"/a?b=c"),
        (b"HTTPS://h:1/a", b"/a"),
        (b"http://h", b"/"),
        (b"http://h?u=/x/y", b"/?u=/x/y"),
        (b"http://h#/x", b"/#/x"),
        (b"http://h/a?x=http://b/c", b"/a?x=http://b/c"),
    ],
)
def test_of_a_whole_address_what_follows_the_host_goes_on(target: bytes, path: bytes) -> None:
    sent = relay().outbound(read_request(b"GET %s HTTP/1.1" % target))
    assert sent.split(b" ")[1] == path


@pytest.mark.parametrize(
    "line",
    [
        *(b"GET * HTTP/1.1", b"GET a HTTP/1.1", b"CONNECT a:1 HTTP/1.1", b"GET http HTTP/1.1"),
        *(b"GET http:/a HTTP/1.1", b"GET ftp://a/b HTTP/1.1"),
    ],
)
def test_a_target_that_is_no_path_is_refused(line: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        relay().outbound(read_request(line))
    assert refused.value.ending is Ending.UNSENDABLE


def test_the_address_s_credentials_are_for_those_who_bring_none() -> None:
    ours = relay("http://me:key@gpu")
    added = b"\r\nAuthorization: Basic bWU6a2V5\r\n\r\n"
    assert ours.outbound(read_request(b"GET / HTTP/1.1")).endswith(added)
    theirs = read_request(b"GET / HTTP/1.1\r\nAUTHORIZATION: Bearer x")
    assert ours.outbound(theirs).endswith(b"\r\nAUTHORIZATION: Bearer x\r\n\r\n")


def test_a_published_name_is_rewritten_and_any_other_refused() -> None:
    published = relay("http://gpu:1", allowed_hosts="ai.example")
    raw = b"GET / HTTP/1.1\r\nA: b\r\nHost: AI.example:11435"
    sent = published.outbound(read_request(raw))
    assert sent == b"GET / HTTP/1.1\r\nHost: gpu:1\r\nA: b\r\n\r\n"
    for host in (b"Host: other", b"Host: ai.example.other", b"X: no host"):
        with pytest.raises(Refusal) as refused:
            published.outbound(read_request(b"GET / HTTP/1.1\r\n" + host))
        assert refused.value.ending is Ending.REFUSED_HOST


def test_a_rewritten_body_has_its_own_length_and_a_readable_answer() -> None:
    raw = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nAccept-Encoding: gzip\r\nA: b"
    sent = relay().outbound(read_request(raw), length=7)
    assert sent == b"POST / HTTP/1.1\r\nA: b\r\nContent-Length: 7\r\n\r\n"


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
