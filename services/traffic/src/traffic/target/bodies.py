"""A whole answer of a server, up to a bound: what has no end is not waited for."""

import aiohttp

MOST_BYTES = 8 * 1024 * 1024


class TooLongError(aiohttp.ClientError):
    """An answer is longer than anything that was asked for."""


async def whole(response: aiohttp.ClientResponse, most_bytes: int = MOST_BYTES) -> bytes:
    """The body of an answer. Raises: TooLongError, aiohttp.ClientError, OSError."""
    body = bytearray()
    while data := await response.content.readany():
        body += data
        if len(body) > most_bytes:
            response.close()
            raise TooLongError(f"expected an answer of at most {most_bytes} bytes, found more")
    return bytes(body)
