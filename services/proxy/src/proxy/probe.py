"""One question to the upstream, past the relay: what the proxy asks itself is no traffic."""

from ollama_observe.service.http import Check
from ollama_observe.wire.installed import InstalledModel, read_installed
from ollama_observe.wire.loaded import context_lengths
from ollama_observe.wire.locations import Location
from ollama_observe.wire.version import version_in
from proxy.failures import UpstreamError
from proxy.pool import UpstreamPool
from proxy.question import ask

TIMEOUT_SECONDS = 2.0
_ANSWER_LIMIT_BYTES = 64 * 1024
LIST_LIMIT_BYTES = 4 * 1024 * 1024


async def fetch(
    pool: UpstreamPool,
    path: bytes,
    body: bytes | None = None,
    limit_bytes: int = _ANSWER_LIMIT_BYTES,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST of this JSON. Raises: UpstreamError, TimeoutError."""
    method = b"GET" if body is None else b"POST"
    lines = [
        method + b" " + pool.path_prefix + path + b" HTTP/1.1",
        b"Host: " + pool.own_host,
    ]
    if body is not None:
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    if pool.authorization:
        lines.append(b"Authorization: " + pool.authorization)
    sent = b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")
    head, answer = await ask(pool, method, sent, limit_bytes, timeout_seconds)
    return head.status, answer


async def check_ollama(pool: UpstreamPool) -> Check:
    """Whether an Ollama answers, and which."""
    try:
        status, body = await fetch(pool, b"/api/version")
    except UpstreamError as error:
        return Check(False, f"Ollama at {pool.address} gave no answer: {error}")
    except TimeoutError:
        seconds = TIMEOUT_SECONDS
        return Check(False, f"Ollama at {pool.address} gave no answer within {seconds:g} s")
    version = version_in(body) if status == 200 else ""
    if not version:
        return Check(False, f"{pool.address} answered {status}, not as Ollama does")
    return Check(True, f"Ollama {version} at {pool.address}")


async def loaded_contexts(pool: UpstreamPool) -> dict[str, int]:
    """The size of each loaded model's context in tokens; empty where Ollama does not say."""
    try:
        status, body = await fetch(pool, b"/api/ps")
    except (UpstreamError, TimeoutError):
        return {}
    return context_lengths(body) if status == 200 else {}


async def installed(pool: UpstreamPool) -> list[InstalledModel]:
    """The models on an Ollama's disk. Raises: UpstreamError, TimeoutError."""
    status, body = await fetch(pool, b"/api/tags", limit_bytes=LIST_LIMIT_BYTES)
    listed = read_installed(body) if status == 200 else None
    if listed is None:
        raise UpstreamError(f"{pool.address} answered {status}, and no list of models")
    return listed


async def installed_locations(pool: UpstreamPool) -> dict[str, Location] | None:
    """Where each model on an Ollama's disk computes, by its name; None where it does not say."""
    try:
        listed = await installed(pool)
    except (UpstreamError, TimeoutError):
        return None
    return {model.name: model.location for model in listed}
