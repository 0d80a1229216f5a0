"""What an operator is told of a server's errors."""

import pytest
from redis import exceptions as errors

from proxy.cache.stores.refusals import sentence_of


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.AuthenticationError("WRONGPASS"), "wants another user or password"),
        (errors.NoPermissionError("NOPERM"), "does not let this user"),
        (errors.OutOfMemoryError("OOM"), "is full: raise its maxmemory"),
        (errors.BusyLoadingError("LOADING"), "is still reading"),
        (errors.ReadOnlyError("READONLY"), "is a replica"),
        (errors.InvalidResponse("Protocol Error: b'HTTP/1.1 400'"), "not as Redis or Valkey"),
        (errors.TimeoutError("Timeout"), "does not answer in time"),
        (errors.ResponseError("DB index is out of range"), "has no database of this number"),
        (errors.ResponseError("Protocol error: unauthenticated bulk length"), "wants another user"),
        (errors.ResponseError("what it was sent"), "refused: ResponseError"),
    ],
)
def test_an_error_is_a_sentence_that_names_the_server(error: Exception, said: str) -> None:
    sentence = sentence_of(error, "host:6379/0")
    assert sentence.startswith("host:6379/0 ")
    assert said in sentence
    assert "what it was sent" not in sentence


def test_why_a_server_cannot_be_reached_is_what_the_system_says() -> None:
    error = errors.ConnectionError("Error 111 connecting to me:s3cret@host")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert sentence_of(error, "host:1/0") == "host:1/0 cannot be reached: Connection refused"
    assert sentence_of(errors.ConnectionError("s3cret"), "host:1/0") == "host:1/0 cannot be reached"
