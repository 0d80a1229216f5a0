"""Whether answers come through the gateway piece by piece: asked with a stream of our own.

No model is needed: a small server on the loopback sends one line, and the second only when the
first has come out of the gateway.
"""

import contextlib
import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ollama_observe.wire.portkey import WAY_THROUGH, headers_to

_HEADERS_TIMEOUT_SECONDS = 10.0
_PIECE_WITHIN_SECONDS = 3.0
# Ollama streams by itself. With "stream": true the gateway takes the answer for server-sent events
# and looks for their blank lines, which Ollama's own format has none of: it collects all of it.
_BODY = b'{"model":"any"}'
_LINES = (b'{"message":{"content":"one"},"done":false}\n', b'{"done":true}\n')
BROKEN = "Something went wrong"
"""What the gateway says where its own code fails, as it does with the wrong packages."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """What came of it. `is_broken`: the gateway's own code fails on a stream."""

    is_ok: bool
    detail: str
    is_broken: bool = False


class _Lines(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._send(_LINES[0])
        self.server.is_piecewise = self.server.has_come.wait(self.server.piece_within_seconds)
        self._send(_LINES[1])
        self._send(b"")

    def _send(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str, piece_within_seconds: float) -> None:
        super().__init__((address, 0), _Lines)
        self.piece_within_seconds = piece_within_seconds
        self.has_come = threading.Event()
        self.is_piecewise = False

    def handle_error(self, *_: object) -> None:
        """A gateway that goes away in between is reported by the one who asked."""


def stream(
    host: str,
    port: int,
    piece_within_seconds: float = _PIECE_WITHIN_SECONDS,
    listened: str = "127.0.0.1",
    called: str = "127.0.0.1",
) -> Streamed:
    """Ask the gateway there for a stream.

    The server listens on `listened`, and the gateway reaches it as `called`.
    """
    with (
        _serving(listened, piece_within_seconds) as server,
        contextlib.closing(
            http.client.HTTPConnection(host, port, timeout=_HEADERS_TIMEOUT_SECONDS)
        ) as connection,
    ):
        target = f"http://{called}:{server.server_port}"
        headers = {**headers_to(target), "Content-Type": "application/json"}
        try:
            connection.request("POST", f"{WAY_THROUGH}/api/chat", _BODY, headers)
            response = connection.getresponse()
            if response.status != 200:
                return _refused(response.status, response.read(4096))
            lines = [response.readline()]
            server.has_come.set()
            lines.append(response.readline())
        except (OSError, http.client.HTTPException) as error:
            return Streamed(False, f"the stream broke off: {str(error) or type(error).__name__}")
    if tuple(lines) != _LINES:
        return Streamed(False, "what came is not what was sent")
    if not server.is_piecewise:
        return Streamed(False, "the answer came only as a whole, when it had ended")
    return Streamed(True, "each piece came before the next was sent")


@contextlib.contextmanager
def _serving(address: str, piece_within_seconds: float) -> Iterator[_Server]:
    with _Server(address, piece_within_seconds) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="stream")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _refused(status: int, body: bytes) -> Streamed:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    said = found.get("message", "") if isinstance(found, dict) else body.decode(errors="replace")
    return Streamed(False, f"answered {status}: {str(said)[:200]}", is_broken=said == BROKEN)
