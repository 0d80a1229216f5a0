"""Answers of the proxy's own."""

import json

from ollama_observe.wire.endpoints import Dialect
from proxy.outcomes import Ending, error_body, own_status, reason_phrase


def own_answer(
    ending: Ending, said: str, dialect: Dialect, lines: list[bytes]
) -> tuple[bytes, bytes]:
    """Head and body for a request that the upstream gave no answer to; `lines` are added."""
    status = own_status(ending)
    body = json.dumps(error_body(dialect, said, ending)).encode() if said else b""
    head = [b"HTTP/1.1 %d %s" % (status, reason_phrase(status))]
    if body:
        head.append(b"Content-Type: application/json; charset=utf-8")
    head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, *lines]) + b"\r\n\r\n", body
