"""Recorded exchanges that the soak replays, and what they amount to.

The counts were read off the recordings by hand, not by the code that is tested.
"""

import json
from dataclasses import dataclass

from tests.fakes.captures import Capture, load


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded exchange. Units: tokens; `opening` and `closing` are chunks without output.

    `counts_live`: each chunk of output is counted as a token when it passes, because a count of
    tokens is to come at the end.
    """

    capture: Capture
    prompt: int = 0
    generated: int = 0
    opening: int = 0
    closing: int = 1
    counts_live: bool = False
    error_type: str = ""

    @property
    def model(self) -> str:
        """The model's label: with its tag."""
        named = str(json.loads(self.capture.request_body)["model"])
        return named if ":" in named else f"{named}:latest"

    @property
    def pieces(self) -> list[bytes]:
        """The chunks of the answer's body."""
        return [piece for _, piece in self.capture.chunks]

    @property
    def head(self) -> bytes:
        """The answer's head, for a connection that is kept."""
        kept = [line for line in self.capture.head.split(b"\r\n") if line != b"Connection: close"]
        return b"\r\n".join(kept) + b"\r\n\r\n"

    @property
    def outputs(self) -> int:
        """How many chunks hold output."""
        return len(self.pieces) - self.opening - self.closing


def _recording(name: str, prompt: int = 0, generated: int = 0, **more: object) -> Recording:
    return Recording(load(name), prompt, generated, **more)  # type: ignore[arg-type]


STREAMED = (
    _recording("chat-stream", 15, 12, counts_live=True),
    _recording("generate-stream", 15, 12, counts_live=True),
    _recording("chat-think-stream", 19, 12, counts_live=True),
    _recording("v1-chat-stream"),
    _recording("v1-chat-stream-usage", 15, 12, counts_live=True),
    _recording("v1-completions-stream-usage", 15, 12, counts_live=True),
    _recording("v1-messages-stream", 15, 12, opening=2, closing=3, counts_live=True),
    _recording("v1-messages-think-stream", 19, 12, opening=2, closing=3, counts_live=True),
    _recording("v1-responses-stream", 15, 12, opening=4, closing=4, counts_live=True),
)
UNARY = (
    _recording("chat-json", 15, 12),
    _recording("generate-json", 15, 12),
    _recording("v1-chat-json", 15, 12),
    _recording("v1-completions-json", 15, 12),
    _recording("v1-messages-json", 15, 12),
    _recording("v1-responses-json", 15, 12),
    _recording("embed-one", 8),
)
PLAIN = (
    _recording("tags"),
    _recording("version"),
    _recording("root-head"),
    _recording("ps-loaded"),
    _recording("v1-models"),
    _recording("cors-preflight-allowed"),
)
REFUSED = (
    _recording("error-busy-chat", error_type="queue_full"),
    _recording("error-model-missing-chat", error_type="upstream_4xx"),
    _recording("error-malformed-json", error_type="upstream_4xx"),
    _recording("error-bad-option", error_type="upstream_5xx"),
    _recording("broken-chat-json", error_type="upstream_5xx"),
)
BROKEN = (
    _recording("broken-chat-stream", 0, 15, error_type="mid_stream", counts_live=True),
    _recording("broken-generate-stream", 0, 13, error_type="mid_stream", counts_live=True),
    _recording("broken-v1-chat-stream", 0, 21, error_type="incomplete_stream", counts_live=True),
    _recording(
        "broken-v1-messages-stream", 0, 21, error_type="incomplete_stream", counts_live=True
    ),
    _recording(
        "broken-v1-responses-stream", 0, 21, error_type="incomplete_stream", counts_live=True
    ),
)
