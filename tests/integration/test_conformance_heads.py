"""Start lines and fields of all kinds: the same with the proxy and without."""

import pytest

from tests.conversations import Stage
from tests.moves import UPSTREAM_ENDS, Conversation, answers, asks, conversation, request, response

pytestmark = pytest.mark.asyncio(loop_scope="module")

OK = response(b"200 OK", b"Content-Type: application/json", body=b"{}")
KIB = 1 << 10


def asked(name: str, start: bytes, *lines: bytes, body: bytes | None = None) -> Conversation:
    """A request that gets an ordinary answer."""
    return conversation(name, request(start, *lines, body=body), OK)


def told(name: str, status: bytes, *lines: bytes, body: bytes | None = b"said") -> Conversation:
    """An answer to an ordinary request."""
    return conversation(name, request(b"GET /api/tags"), response(status, *lines, body=body))


TARGETS = [
    b"/",
    b"/api/tags?",
    b"/api/tags?a=1&a=%20&b&=&?",
    b"/v1/models/hf.co%2Fsome%2FModel:Q4_K_M",
    b"/v1/models/hf.co/some/Model:Q4_K_M",
    b"/v1/models/caf\xc3\xa9?q=\xc3\xa9",
    b"/v1/models/\xff\xfe",
    b"//api//tags/../x/./",
    b"/%zz%0d%0a%00",
    b"/a?u=http://x/y#fragment",
    b"/api/tags;x=1",
    b'/"<>\\^`{|}',
    b"/api/user/keys/c2VjcmV0/",
    b"/api/chat/",
    b"/API/CHAT",
    b"/" + b"a" * 60 * KIB,
]
METHODS = [b"PUT", b"PATCH", b"TRACE", b"PROPFIND", b"M-SEARCH", b"get", b"X!#$%&'*+.^_`|~"]

REQUESTS = [
    *(asked(f"target {target[:30]!r}", b"GET " + target) for target in TARGETS),
    *(asked(f"method {method.decode()}", method + b" /api/tags") for method in METHODS),
    asked("DELETE with a body", b"DELETE /api/delete", body=b'{"model":"x"}'),
    asked("GET with a body", b"GET /api/tags", body=b"x"),
    asked("POST without a body", b"POST /api/me", b"Content-Length: 0"),
    asked("POST without a length", b"POST /api/signout"),
    asked("OPTIONS *", b"OPTIONS *"),
    asked("a field twice", b"GET /", b"X-Twice: one", b"Accept: */*", b"X-Twice: two"),
    asked("an empty field", b"GET /", b"X-Empty:", b"X-Spaces:   "),
    asked("case and order", b"GET /", b"zEbRa: 1", b"ACCEPT: */*", b"aardvark: 2"),
    asked("spaces around a value", b"GET /", b"X-A:value", b"X-B: \t value \t "),
    asked("a value that is no UTF-8", b"GET /", b"X-Odd: caf\xe9 \xff\xfe", b"User-Agent: \xf0"),
    asked("a name of all signs", b"GET /", b"!#$%&'*+-.^_`|~09azAZ: x"),
    asked("300 fields", b"GET /", *(b"X-%d: %d" % (n, n) for n in range(300))),
    asked("a field of 100 KiB", b"GET /", b"X-Long: " + b"x" * 100 * KIB),
    asked(
        "keys and cookies", b"GET /", b"Authorization: Bearer k", b"Cookie: a=b", b"X-Api-Key: k"
    ),
    asked("no compression", b"GET /", b"Accept-Encoding: identity;q=0"),
    asked("all compression", b"GET /", b"Accept-Encoding: gzip, zstd, br"),
    asked("for others on the way", b"GET /", b"X-Forwarded-For: 1.2.3.4", b"Via: 1.1 x"),
    asked("a trace", b"GET /", b"traceparent: 00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"),
    asked("an own request id", b"GET /", b"X-Request-Id: mine-1"),
    asked("conditions", b"GET /", b'If-None-Match: "x"', b"Range: bytes=0-1"),
    asked("fields of the connection", b"GET /", b"Connection: x-private", b"X-Private: 1"),
    asked("kept alive", b"GET /", b"Connection: Keep-Alive", b"Keep-Alive: timeout=5"),
    asked("an upgrade", b"GET /", b"Connection: upgrade", b"Upgrade: websocket"),
    asked("another origin", b"GET /", b"Origin: https://example.com", b"Referer: http://x/"),
    asked("a gzip body", b"POST /v1/chat/completions", b"Content-Encoding: gzip", body=b"\x1f\x8b"),
    asked(
        "a zstd body", b"POST /v1/responses", b"Content-Encoding: zstd", body=b"\x28\xb5\x2f\xfd"
    ),
    conversation("no host", asks(b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"), OK),
    conversation("another host", asks(b"GET / HTTP/1.1\r\nHost: example.com:1\r\n\r\n"), OK),
    conversation(
        "HTTP/1.0",
        asks(b"GET /api/tags HTTP/1.0\r\n\r\n"),
        answers(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        UPSTREAM_ENDS,
    ),
    conversation(
        "HTTP/1.0 with a body, answered without length",
        asks(b"POST /api/chat HTTP/1.0\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
        answers(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"),
        answers(b'{"do'),
        answers(b'ne":true}'),
        UPSTREAM_ENDS,
    ),
    conversation(
        "a head that comes byte by byte",
        *(asks(bytes([byte])) for byte in b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        OK,
    ),
]

CORS = (b"Access-Control-Allow-Origin: http://localhost:3000", b"Vary: Origin", b"Vary: Accept")
ANSWERS = [
    told("a reason of its own", b"200 Fine by me, \xe9"),
    told("an empty reason", b"200 "),
    told("no reason", b"200"),
    *(told(f"status {code}", b"%d Because" % code) for code in (201, 226, 299, 300, 301, 307, 399)),
    *(told(f"status {code}", b"%d Because" % code) for code in (400, 401, 402, 403, 404, 405, 418)),
    *(told(f"status {code}", b"%d Because" % code) for code in (451, 499, 500, 501, 502, 504, 599)),
    told("too many requests", b"429 Too Many Requests", b"Retry-After: 7"),
    told("busy", b"503 Service Unavailable", b"Retry-After: 1", b"Content-Type: text/plain"),
    told("a redirect", b"302 Found", b"Location: https://example.com/\xc3\xa9?x"),
    told("no content", b"204 No Content", b"Allow: POST", body=None),
    told("an empty body", b"200 OK", body=b""),
    told("not modified, with a length", b"304 Not Modified", b"Content-Length: 17", body=None),
    told("CORS", b"200 OK", *CORS),
    told("cookies", b"200 OK", b"Set-Cookie: a=1", b"Set-Cookie: b=2; Path=/"),
    told("case and order", b"200 OK", b"x-lower: 1", b"X-UPPER: 2", b"Date: now", b"Server: x"),
    told("spaces around a value", b"200 OK", b"X-A:value", b"X-B: \t value \t ", b"X-C:"),
    told("a value that is no UTF-8", b"200 OK", b"X-Odd: caf\xe9 \xff", b"Content-Type: \xf0/x"),
    told("compressed", b"200 OK", b"Content-Encoding: gzip", body=b"\x1f\x8b not really"),
    told("a field of 100 KiB", b"200 OK", b"X-Long: " + b"x" * 100 * KIB),
    told("300 fields", b"200 OK", *(b"X-%d: %d" % (n, n) for n in range(300))),
    told("fields of the connection", b"200 OK", b"Connection: X-Private", b"X-Private: 1"),
    told("a challenge", b"401 Unauthorized", b'WWW-Authenticate: Bearer realm="x"'),
    told("an own request id", b"200 OK", b"X-Request-Id: upstream-1"),
    conversation("HEAD", request(b"HEAD /"), response(b"200 OK", b"Content-Length: 17")),
    conversation(
        "HEAD of what is chunked",
        request(b"HEAD /api/tags"),
        response(b"200 OK", b"Transfer-Encoding: chunked"),
    ),
    conversation("HEAD without a length", request(b"HEAD /"), response(b"404 Not Found")),
    conversation(
        "a preflight",
        request(b"OPTIONS /api/chat", b"Origin: http://localhost:3000"),
        response(b"204 No Content", *CORS, b"Access-Control-Max-Age: 43200"),
    ),
    conversation(
        "the last answer of a connection",
        request(b"GET /"),
        response(b"200 OK", b"Connection: close", body=b"bye"),
        UPSTREAM_ENDS,
        goes_on=True,  # of the upstream's connection: the client's is another
    ),
    conversation(
        "HTTP/1.0 to HTTP/1.1",
        request(b"GET /"),
        answers(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        UPSTREAM_ENDS,
    ),
    conversation(
        "a head that comes byte by byte",
        request(b"GET /slow"),
        *(answers(bytes([byte])) for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
    ),
    conversation(
        "answers before the answer",
        request(b"POST /api/pull", body=b"{}"),
        answers(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"),
        answers(b"HTTP/1.1 102 Processing\r\n\r\n"),
        answers(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 Odd\r\nX-A: b\r\n\r\n"),
        OK,
    ),
]


@pytest.mark.parametrize("held", REQUESTS, ids=lambda held: held.name)
async def test_a_request_arrives_as_it_was_written(stage: Stage, held: Conversation) -> None:
    await stage.compare(held)


@pytest.mark.parametrize("held", ANSWERS, ids=lambda held: held.name)
async def test_an_answer_arrives_as_it_was_written(stage: Stage, held: Conversation) -> None:
    await stage.compare(held)
