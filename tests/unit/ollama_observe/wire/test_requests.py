"""What is read from a request's body, and what is left alone."""

import pytest

from ollama_observe.wire.requests import UNREADABLE, RequestFacts, read_request


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        (b'{"model":"m"}', RequestFacts("m")),
        (b'{"messages":[{"role":"user"}],"model":"m:1","stream":true}', RequestFacts("m:1")),
        (b'{"name":"older"}', RequestFacts("older")),
        (b'{"model":"m","name":"n"}', RequestFacts("m")),
        (b'{"model":"m","stream_options":{"include_usage":true}}', RequestFacts("m", True)),
        (b'{"model":"m","stream_options":{"include_usage":1}}', RequestFacts("m")),
        (b'{"model":"m","stream_options":"x"}', RequestFacts("m")),
        (b'{"model":"invented","MODEL":"real"}', UNREADABLE),
        (b'{"model":"m","messages":[{"content":"say \\"model\\""}]}', RequestFacts("m")),
        (b'{"model":5}', UNREADABLE),
        (b'{"model":""}', UNREADABLE),
        (b"", UNREADABLE),
        (b'{"model":', UNREADABLE),
        (b"[1,2]", UNREADABLE),
        (b"\xff\xfe", UNREADABLE),
        (b"[" * 100_000, UNREADABLE),
        (b"(\xb5/\xfd zstd", UNREADABLE),
    ],
)
def test_facts_are_read_or_left_out(body: bytes, facts: RequestFacts) -> None:
    assert read_request(body) == facts
    assert read_request(bytearray(body)) == facts
