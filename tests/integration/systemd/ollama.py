"""What answers as Ollama in the machine of the tests: a version, a model, and one answer."""

import http.server
from typing import ClassVar


class Answers(http.server.BaseHTTPRequestHandler):
    """Says the same to everybody."""

    protocol_version = "HTTP/1.1"
    bodies: ClassVar = {"/api/version": b'{"version":"0.12.3"}'}

    def do_GET(self) -> None:
        self._answer(self.bodies.get(self.path, b'{"models":[{"name":"m"}]}'))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b'{"model":"m","message":{"role":"assistant","content":"hi"},"done":true}\n')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", 11434), Answers).serve_forever()
