"""A made-up service that knows of vulnerabilities, asked as OSV and as npm's registry are."""

import contextlib
import gzip
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_BULK = "/-/npm/v1/security/advisories/bulk"


@dataclass(frozen=True)
class Advisories:
    """`python` and `npm`: what is known, by package. `asked`: the packages it was asked about."""

    url: str
    python: Mapping[str, Mapping[str, Any]]
    npm: Mapping[str, Mapping[str, Any]]
    asked: set[str] = field(default_factory=set)

    @property
    def osv_url(self) -> str:
        return f"{self.url}/v1/query"

    def answer(self, path: str, query: Mapping[str, Any]) -> object:
        if path == _BULK:
            self.asked.update(f"npm:{name}" for name in query)
            return {name: [said] for name, said in self.npm.items() if name in query}
        name = query["package"]["name"]
        self.asked.add(f"{name}=={query['version']}")
        return {"vulns": [self.python[name]]} if name in self.python else {}


@contextlib.contextmanager
def advisories(
    python: Mapping[str, Mapping[str, Any]], npm: Mapping[str, Mapping[str, Any]]
) -> Iterator[Advisories]:
    """It, while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body at once, or each answer waits for an acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self._say(200, service.answer(self.path, json.loads(body)))

        def do_GET(self) -> None:
            # npm would like to know of versions that are not at fault
            self._say(404, {"error": "not found"})

        def _say(self, status: int, what: object) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = Advisories(f"http://127.0.0.1:{server.server_port}", python, npm)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
