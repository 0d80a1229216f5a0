import sys
from collections.abc import AsyncIterator

import pytest

from engine import payloads
from engine.errors import ApiError
from engine.payloads import LIMIT_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def refusal(body: bytes, encoding: str | None = "zstd") -> ApiError:
    with pytest.raises(ApiError) as caught:
        payloads.plain(body, encoding)
    assert caught.value.in_body
    return caught.value


def test_zstd_is_unpacked_up_to_the_limit() -> None:
    for size in (0, 1, LIMIT_BYTES):
        assert payloads.plain(zstd.compress(b"x" * size), "zstd") == b"x" * size


def test_a_small_body_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    error = refusal(zstd.compress(bytes(LIMIT_BYTES + 1)))
    assert error.status == 400
    assert error.message == "http: request body too large, the limit is 20971520 bytes"


def test_a_window_larger_than_ollamas_is_refused() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 24}
    packed = zstd.ZstdCompressor(options=options)
    body = packed.compress(b"x" * 100) + packed.flush()
    assert "failed to decompress zstd body" in refusal(body).message


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "unexpected EOF"),
        (b'{"model":"m"}', "failed to decompress zstd body"),
        (zstd.compress(b"x" * 100)[:-1], "unexpected EOF"),
        (zstd.compress(b"x") * 2, "data after the first frame"),
    ],
)
def test_what_is_no_whole_zstd_frame_is_refused(body: bytes, sentence: str) -> None:
    error = refusal(body)
    assert (error.status, sentence in error.message) == (400, True)


@pytest.mark.parametrize("encoding", [None, "gzip", "identity"])
def test_any_other_encoding_is_left_as_it_is(encoding: str | None) -> None:
    assert payloads.plain(b"bytes", encoding) == b"bytes"


async def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    read = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(2**20)

    body = await payloads.received(parts())
    assert read == 21
    assert refusal(body, None).status == 413
