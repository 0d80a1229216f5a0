"""The exchanges that are measured, byte for byte as Ollama 0.33 and its Python client send."""

import json
import re

UPLOAD_PATH = "/api/blobs/sha256:" + 64 * "0"
CHUNKS_HEADER = b"X-Bench-Chunks"
RATE_HEADER = b"X-Bench-Rate"

_QUESTION = {"role": "user", "content": "Why is the sky blue?"}
_OPTIONS = {"num_predict": 12, "seed": 7, "temperature": 0}
_HEAD = (
    "POST {path} HTTP/1.1\r\n"
    "Host: localhost:11434\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: ollama-python/0.6.3 (x86_64 linux) Python/3.11.4\r\n"
    "X-User: bench\r\n"
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
    "Content-Type: {kind}\r\n"
    "Content-Length: {length}\r\n"
)

_FINAL = (
    b'"done":true,"done_reason":"length","total_duration":200697494,"load_duration":891652,'
    b'"prompt_eval_count":15,"prompt_eval_duration":17042000,"eval_count":12,'
    b'"eval_duration":180373000}'
)
_SAID = b'{"model":"smollm2:135m","created_at":"2026-11-23T06:44:29.548366145Z","message":'

UNARY_BODY = (
    _SAID
    + b'{"role":"assistant","content":"The sky blue is a result of the Earth\'s atmosphere '
    + b'scattering"},'
    + _FINAL
)
UNARY_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
    b"Date: Mon, 23 Nov 2026 06:44:29 GMT\r\nContent-Length: %d\r\n\r\n" % len(UNARY_BODY)
) + UNARY_BODY
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
    b"Date: Mon, 23 Nov 2026 06:44:29 GMT\r\nTransfer-Encoding: chunked\r\n\r\n"
)
UPLOAD_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


_SECOND_NS = 10**9
_STAMP = re.compile(rb'"created_at":"2026-11-23T06:44:30\.(\d{9})Z"')
_STAMPED_LINE = (
    b'{"model":"smollm2:135m","created_at":"2026-11-23T06:44:30.%09dZ","message":'
    b'{"role":"assistant","content":" atmosphere"},"done":false}\n'
)


def stream_chunk(at_ns: int) -> bytes:
    """A chunk that carries when it was written: its time's fraction is the monotonic clock's."""
    return chunk(_STAMPED_LINE % (at_ns % _SECOND_NS))


def delays_seconds(data: bytes, at_ns: int) -> list[float]:
    """How long ago the chunks in it were written, if within a second; but for one cut in two."""
    return [(at_ns - int(stamp)) % _SECOND_NS / _SECOND_NS for stamp in _STAMP.findall(data)]


STREAM_END = chunk(_SAID + b'{"role":"assistant","content":""},' + _FINAL + b"\n") + b"0\r\n\r\n"
BRACES_PER_RECORD = stream_chunk(0).count(b"}")
"""A single byte is never cut in two, so that counting it counts records in any framing."""


def _request(path: str, kind: str, length: int, *more: bytes) -> bytes:
    head = _HEAD.format(path=path, kind=kind, length=length).encode()
    return head + b"".join(line + b"\r\n" for line in more) + b"\r\n"


def _chat(*more: bytes, **fields: object) -> bytes:
    asked = {"model": "smollm2:135m", "messages": [_QUESTION], "options": _OPTIONS, **fields}
    body = json.dumps(asked).encode()
    return _request("/api/chat", "application/json", len(body), *more) + body


def unary_request() -> bytes:
    """A chat that is answered in one piece."""
    return _chat(stream=False)


def stream_request(chunks: int, rate_per_second: float) -> bytes:
    """A chat that is answered with so many chunks, then the final record."""
    return _chat(
        CHUNKS_HEADER + b": %d" % chunks, RATE_HEADER + b": %g" % rate_per_second, stream=True
    )


def upload_head(size_bytes: int) -> bytes:
    """The head of a blob's upload; the blob follows."""
    return _request(UPLOAD_PATH, "application/octet-stream", size_bytes)
