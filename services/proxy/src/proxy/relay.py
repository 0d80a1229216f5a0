"""What all exchanges of a process share, and what a request becomes on its way out."""

import re
import time
from collections.abc import Callable

from ollama_observe.wire.endpoints import Answer, Endpoint
from proxy.admission import Admission, Refusal
from proxy.closing import Closing
from proxy.headers import value_of
from proxy.heads import RequestHead
from proxy.observer import Observer
from proxy.outcomes import Ending
from proxy.pool import UpstreamPool
from proxy.recorder import Recorder
from proxy.routing import Routing
from proxy.settings import ProxySettings

# Scheme and authority, then what a server is asked for: RFC 3986, 3.2.
_ABSOLUTE = re.compile(rb"https?://[^/?#]*(.*)", re.IGNORECASE)
_INJECTABLE = frozenset({Answer.OPENAI_CHAT, Answer.OPENAI_COMPLETION})


class Relay:
    """The relay of one process: where requests go, who takes note, and what is not let through."""

    def __init__(
        self,
        settings: ProxySettings,
        pool: UpstreamPool,
        observer: Observer,
        admission: Admission,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.pool = pool
        self.observer = observer
        self.admission = admission
        self.closing = Closing(observer.inflight)
        self.clock = clock
        self.request_id_header = settings.request_id_header.encode("latin-1")
        self.retry_after_seconds = settings.retry_after_seconds
        self.is_draining = False
        self._injects = settings.inject_usage
        names = settings.allowed_hosts.lower().split(",")
        self._allowed_hosts = frozenset(name.strip() for name in names if name.strip())

    def observe(self, head: RequestHead, at: float) -> Recorder:
        """Begin to take note of a request."""
        return self.observer.begin(head.method, head.target, head.headers, Routing.DIRECT, at)

    def injects_into(self, endpoint: Endpoint, head: RequestHead) -> bool:
        """Whether token counts may be asked for in this request's body."""
        return (
            self._injects
            and endpoint.answer in _INJECTABLE
            and head.method == b"POST"
            and bool(head.length)
            and b"expect" not in head.headers  # the body waits until the upstream has the head
            and value_of(head.headers, b"content-encoding") in ("", "identity")
        )

    def outbound(self, head: RequestHead, length: int | None = None) -> bytes:
        """A request's head as it goes upstream; `length` replaces its body's. Raises: Refusal."""
        lines = [b"%s %s %s" % (head.method, self._target(head), head.version), *head.passing]
        if length is not None:
            # what is taken out of the answer again must be readable
            dropped = (b"content-length:", b"accept-encoding:")
            lines = [line for line in lines if not line.lower().startswith(dropped)]
            lines.append(b"Content-Length: %d" % length)
        elif head.length is None:
            lines.append(b"Transfer-Encoding: chunked")
        if self._allowed_hosts:
            self._rewrite_host(head, lines)
        if self.pool.authorization and b"authorization" not in head.headers:
            lines.append(b"Authorization: " + self.pool.authorization)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _target(self, head: RequestHead) -> bytes:
        """Path and query as the client wrote them: `%2F` in a model's name must stay.

        Of an absolute target (`http://host/path`) only what follows the host goes on.
        """
        target = head.target
        if target == b"*" and head.method == b"OPTIONS":
            return target
        if not target.startswith(b"/"):
            url = _ABSOLUTE.fullmatch(target)
            if url is None or head.method == b"CONNECT":
                raise Refusal(Ending.UNSENDABLE, "expected a path that begins with /")
            target = url[1] if url[1].startswith(b"/") else b"/" + url[1]
        return self.pool.path_prefix + target

    def _rewrite_host(self, head: RequestHead, lines: list[bytes]) -> None:
        """Ollama's guard against DNS rebinding sees its own name now, so ours must look."""
        host = value_of(head.headers, b"host").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if name not in self._allowed_hosts:
            raise Refusal(Ending.REFUSED_HOST, "")
        lines[1:] = [line for line in lines[1:] if line[:5].lower() != b"host:"]
        lines.insert(1, b"Host: " + self.pool.authority)
