"""What a request becomes on its way straight to an Ollama."""

import pytest

from proxy.admission import Refusal
from proxy.heads import read_request
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.routing import Bypass
from proxy.ways import Direct


def way(url: str = "http://gpu-box:11434", allowed_hosts: str = "") -> Direct:
    return Direct(UpstreamPool(url, 1.0), allowed_hosts)


def test_a_request_goes_out_as_it_was_written() -> None:
    raw = b"pOST /v1/models/a%2Fb?x=1 HTTP/1.1\r\nhOST: me:1\r\nX:  y\r\nContent-Length: 3"
    assert way().head(read_request(raw)) == raw + b"\r\n\r\n"


def test_an_old_version_stays_one() -> None:
    assert way().head(read_request(b"GET / HTTP/1.0")) == b"GET / HTTP/1.0\r\n\r\n"


def test_a_chunked_body_stays_chunked() -> None:
    raw = b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nA: b"
    expected = b"POST / HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert way().head(read_request(raw)) == expected


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
    assert way().head(head).startswith(b"GET " + sent + b" HTTP/1.1\r\n")
    below = way("http://gpu/ollama/").head(head)
    assert below.startswith(b"GET /ollama" + sent + b" HTTP/1.1\r\n")


def test_the_whole_server_may_be_asked_for_its_options() -> None:
    assert way("http://gpu/x").head(read_request(b"OPTIONS * HTTP/1.1"))[:10] == b"OPTIONS * "


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
    sent = way().head(read_request(b"GET %s HTTP/1.1" % target))
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
        way().head(read_request(line))
    assert refused.value.ending is Ending.UNSENDABLE


def test_the_address_s_credentials_are_for_those_who_bring_none() -> None:
    ours = way("http://me:key@gpu")
    added = b"\r\nAuthorization: Basic bWU6a2V5\r\n\r\n"
    assert ours.head(read_request(b"GET / HTTP/1.1")).endswith(added)
    theirs = read_request(b"GET / HTTP/1.1\r\nAUTHORIZATION: Bearer x")
    assert ours.head(theirs).endswith(b"\r\nAUTHORIZATION: Bearer x\r\n\r\n")


def test_a_published_name_is_rewritten_and_any_other_refused() -> None:
    published = way("http://gpu:1", allowed_hosts="ai.example")
    raw = b"GET / HTTP/1.1\r\nA: b\r\nHost: AI.example:11435"
    sent = published.head(read_request(raw))
    assert sent == b"GET / HTTP/1.1\r\nHost: gpu:1\r\nA: b\r\n\r\n"
    for host in (b"Host: other", b"Host: ai.example.other", b"X: no host", b"Host: [::1"):
        with pytest.raises(Refusal) as refused:
            published.head(read_request(b"GET / HTTP/1.1\r\n" + host))
        assert refused.value.ending is Ending.REFUSED_HOST
        assert str(refused.value).endswith("PROXY_ALLOWED_HOSTS permits another name")


@pytest.mark.parametrize("host", [b"localhost:1", b"127.0.0.1", b"[::1]:1", b"192.0.2.7:11435"])
def test_who_calls_a_published_proxy_by_an_address_is_answered(host: bytes) -> None:
    published = way("http://gpu:1", allowed_hosts="ai.example")
    sent = published.head(read_request(b"GET / HTTP/1.1\r\nHost: " + host))
    assert sent == b"GET / HTTP/1.1\r\nHost: gpu:1\r\n\r\n"


def test_a_rewritten_body_has_its_own_length_and_a_readable_answer() -> None:
    raw = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nAccept-Encoding: gzip\r\nA: b"
    sent = way().head(read_request(raw), length=7, plain=True)
    assert sent == b"POST / HTTP/1.1\r\nA: b\r\nContent-Length: 7\r\n\r\n"


def test_a_body_in_another_framing_keeps_what_else_was_asked() -> None:
    raw = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nAccept-Encoding: gzip"
    sent = way().head(read_request(raw), length=7)
    assert sent == b"POST / HTTP/1.1\r\nAccept-Encoding: gzip\r\nContent-Length: 7\r\n\r\n"


def test_the_choice_of_a_way_is_for_the_proxy_alone() -> None:
    raw = b"GET / HTTP/1.1\r\nX-ROUTE: direct\r\nA: b\r\nx-route: portkey"
    assert way().head(read_request(raw)) == b"GET / HTTP/1.1\r\nA: b\r\n\r\n"


@pytest.mark.parametrize("body", [None, b"", b"no json"])
def test_every_body_goes_and_there_is_no_other_way(body: bytes | None) -> None:
    straight = way()
    assert straight.body(body) is body
    assert straight.body_limit_bytes == 0
    assert [straight.instead(reason) for reason in Bypass] == [None] * len(Bypass)
    straight.close()  # it serves all requests, and is never over
    assert straight.is_broken is False


@pytest.mark.parametrize(
    ("url", "fields", "host"),
    [
        ("http://gpu:1", b"\r\nHost: me:2", b"me:2"),
        ("http://gpu:1", b"\r\nHost:", b""),
        ("http://gpu:1", b"", b"localhost"),
        ("https://gpu.example", b"", b"gpu.example"),
    ],
)
def test_the_guard_against_strange_hosts_sees_what_it_would_directly(
    url: str, fields: bytes, host: bytes
) -> None:
    straight = way(url)
    assert straight.host_of(read_request(b"GET / HTTP/1.1" + fields)) == host
    assert not straight.rewrites_host


def test_where_the_proxy_has_names_it_looks_itself_and_the_guard_sees_its_own() -> None:
    published = way("http://gpu:1", allowed_hosts="ai.example, [::1] ,")
    assert published.rewrites_host
    for host in (b"ai.example", b"AI.EXAMPLE:80", b"[::1]:11435", b"[::1]"):
        assert published.host_of(read_request(b"GET / HTTP/1.1\r\nHost: " + host)) == b"gpu:1"
    for host in (b"", b"gpu:1", b"ai.example.", b"::1"):
        with pytest.raises(Refusal):
            published.host_of(read_request(b"GET / HTTP/1.1\r\nHost: " + host))
