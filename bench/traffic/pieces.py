"""One answer in the pieces in which it was read: to what a truth test holds against it. Pure.

The lines are taken apart when all has been read, so that what a piece costs is the client's.
"""

import json
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any


@dataclass(slots=True)
class Seen:
    """What a client saw of one answer. Units: seconds."""

    sent: float = 0.0
    pieces: list[tuple[float, bytes]] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        """Note the next piece, as of now."""
        self.pieces.append((time.perf_counter(), data))

    def facts(self) -> dict[str, Any]:
        """The instants at which text came, and that text, as the generator says them."""
        said = [(instant, text) for instant, text in self._texts() if text]
        instants = [instant for instant, _ in said]
        return {
            "error": None,
            "sent": self.sent,
            "first_content": instants[0] if instants else None,
            "gaps_seconds": [b - a for a, b in pairwise(instants)],
            "text": "".join(text for _, text in said),
        }

    def _texts(self) -> list[tuple[float, str]]:
        """Of each line, with the instant at which it was there whole."""
        texts, rest = list[tuple[float, str]](), b""
        for instant, data in self.pieces:
            *lines, rest = (rest + data).split(b"\n")
            texts += ((instant, json.loads(line)["message"]["content"]) for line in lines)
        return texts
