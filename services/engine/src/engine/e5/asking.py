"""What the engine asks of the process that holds the embedding model."""

import base64
import struct
from collections.abc import Sequence

from engine.child import Child

Vector = list[float]

_PATH = "/embed"  # the process answers whatever the path is


async def embed(
    child: Child, texts: Sequence[str], limit: int, *, truncate: bool
) -> tuple[list[Vector], int]:
    """The vectors of texts, and how many tokens these have together.

    Raises: StreamError 400 when a text is too long and must not be cut, 500 when the process ends.
    """
    body = {"texts": list(texts), "limit": limit, "truncate": truncate}
    answer = await child.ask(_PATH, body)
    packed = base64.b64decode(answer["vectors"])
    floats = struct.unpack(f"<{len(packed) // 4}f", packed)
    length = len(floats) // len(texts)
    vectors = [list(floats[at : at + length]) for at in range(0, len(floats), length)]
    return vectors, int(answer["tokens"])
