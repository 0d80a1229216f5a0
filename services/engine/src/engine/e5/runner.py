"""The process that holds the embedding model: a small HTTP server on a Unix socket.

It is started, and says that it is ready, as `engine.runner` does.
"""

import argparse
import base64
import json
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO, Any

from engine import errors, runner
from engine.e5 import binding
from engine.e5.fitting import TooLongError


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Requests on a socket, at most `parallel` of them computing."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: str, model: binding.E5, parallel: int) -> None:
        super().__init__(path, Handler)
        self.model = model
        self.slots = threading.BoundedSemaphore(parallel)


class Handler(BaseHTTPRequestHandler):
    """One request: texts in, vectors out."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Answer; a client that has left ends the work before the next text."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self._answer(asked)
        except ConnectionError:
            self.close_connection = True

    def _answer(self, asked: dict[str, Any]) -> None:
        try:
            with self.server.slots:
                found = self._embedded(asked)
        except TooLongError:
            self._say(400, errors.TOO_LONG.encode())
        else:
            self._say(200, json.dumps(found).encode())

    def _embedded(self, asked: dict[str, Any]) -> dict[str, Any]:
        vectors, total = [], 0
        for text in asked["texts"]:
            self._check_client()
            vector, tokens = self.server.model.embed(text, asked["limit"], cuts=asked["truncate"])
            vectors.append(vector)
            total += tokens
        return {"vectors": base64.b64encode(b"".join(vectors)).decode(), "tokens": total}

    def _check_client(self) -> None:
        """Raise ConnectionError when nobody waits for the answer."""
        try:
            if not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                raise ConnectionError
        except BlockingIOError:
            pass  # it waits

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the engine logs its requests."""


def _server(arguments: argparse.Namespace) -> Server:
    model = binding.E5(Path(arguments.model))
    try:
        return Server(arguments.socket, model, arguments.parallel)
    except OSError as error:
        raise binding.LoadError(f"no socket {arguments.socket}: {error}") from error


def main(argv: Sequence[str], said: IO[str]) -> int:
    """Load, say so on `said`, and stay until standard input ends."""
    arguments = runner.parse(argv)
    binding.use_threads(arguments.threads)
    try:
        server = _server(arguments)
    except binding.LoadError as error:
        said.write(f"{runner.FAILED}{error}".replace("\n", " ") + "\n")
        said.flush()
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said.write(f"{runner.READY}\n")
    said.flush()
    sys.stdin.buffer.read()
    runner.clear(Path(arguments.socket))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine drains first, then ends us
    own_output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    code = main(sys.argv[1:], own_output)
    os._exit(code)  # a text may be at work: there is nothing to wait for
