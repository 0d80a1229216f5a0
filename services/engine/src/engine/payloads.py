"""The bytes of a request's body: received and unpacked within a bound.

Source: Ollama middleware/openai.go: zstd on `/v1`, at most 20 MiB unpacked, 8 MiB of window.
Its native routes have no bound; here every route has the same.
"""

import sys
from collections.abc import AsyncIterable

from engine.errors import ApiError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT_BYTES = 20 * 2**20
_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}


async def received(parts: AsyncIterable[bytes]) -> bytes:
    """A body as it came; of a longer one than the limit only so much as shows that it is."""
    body = bytearray()
    async for part in parts:
        body += part
        if len(body) > LIMIT_BYTES:
            break
    return bytes(body)


def plain(body: bytes, encoding: str | None) -> bytes:
    """A body without its content encoding. Raises ApiError: 413, or 400 for bad zstd.

    Any encoding but zstd is left as it is, as Ollama leaves it.
    """
    if len(body) > LIMIT_BYTES:
        raise _too_large(413)
    return _unpacked(body) if encoding == "zstd" else body


def _unpacked(body: bytes) -> bytes:
    frame = zstd.ZstdDecompressor(options=_WINDOW)
    try:
        whole = frame.decompress(body, LIMIT_BYTES + 1)
    except zstd.ZstdError as error:
        raise _refusal(f"failed to decompress zstd body: {error}") from error
    if len(whole) > LIMIT_BYTES:
        raise _too_large(400)
    if not frame.eof:
        raise _refusal("failed to decompress zstd body: unexpected EOF")
    if frame.unused_data:  # of more frames each would be copied as often as there are frames
        raise _refusal("failed to decompress zstd body: data after the first frame")
    return whole


def _too_large(status: int) -> ApiError:
    message = f"http: request body too large, the limit is {LIMIT_BYTES} bytes"
    return ApiError(status, message, in_body=True)


def _refusal(message: str) -> ApiError:
    return ApiError(400, message, in_body=True)
