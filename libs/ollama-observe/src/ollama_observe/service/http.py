"""The control endpoints of every process: /live /ready /health /metrics.

- `/live`   the process answers.
- `/ready`  it takes traffic: started, and not draining.
- `/health` it can do its work: every check passes. JSON, 503 when one fails.
- `/metrics` the registry, in the Prometheus text format or OpenMetrics, as asked.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_fastapi_instrumentator import Instrumentator

from ollama_observe import __version__

UNMETERED = ("/live", "/ready", "/health", "/metrics")


@dataclass(slots=True)
class Readiness:
    """Whether the process takes traffic. Off first thing at shutdown."""

    ready: bool = False
    reason: str = "starting"

    def open(self) -> None:
        """Say that traffic is welcome."""
        self.ready, self.reason = True, "ready"

    def close(self, reason: str) -> None:
        """Say that traffic should go elsewhere, and why."""
        self.ready, self.reason = False, reason


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one health check; `detail` is a sentence for an operator.

    `is_up` is for what may be away without harm: whether it is there. None: no more than `ok` says.
    """

    ok: bool
    detail: str
    is_up: bool | None = None


Checks = Mapping[str, Callable[[], Awaitable[Check | None]]]
"""None: there is nothing to check just now."""


def remembered(
    check: Callable[[], Awaitable[Check]],
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Callable[[], Awaitable[Check]]:
    """A check that is made anew only after so long, however often it is asked."""
    last: tuple[float, Check] | None = None

    async def look() -> Check:
        nonlocal last
        if last is None or clock() - last[0] >= seconds:
            last = (clock(), await check())
        return last[1]

    return look


@dataclass(frozen=True, slots=True)
class Control:
    """What a control app reports on.

    `refresh` is awaited before /metrics and /health are answered: for what must be asked of
    other processes first. It bounds its own time; where it raises, the answer is 500.
    `write` gives the body of /metrics and its type for an Accept header; None: the registry's.
    `has_routes`: the app has others than these, whose HTTP metrics are wanted.
    """

    service: str
    readiness: Readiness
    registry: CollectorRegistry
    checks: Checks = field(default_factory=dict)
    refresh: Callable[[], Awaitable[None]] | None = None
    write: Callable[[str], tuple[bytes, str]] | None = None
    has_routes: bool = True


def add_control_routes(app: FastAPI, control: Control, prefix: str = "") -> None:
    """Add the control endpoints under `prefix` and the HTTP metrics of the app's other routes."""
    started = time.perf_counter()
    refreshed = [Depends(control.refresh)] if control.refresh else []

    @app.get(f"{prefix}/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get(f"{prefix}/ready")
    async def ready() -> JSONResponse:
        readiness = control.readiness
        return JSONResponse({"status": readiness.reason}, 200 if readiness.ready else 503)

    @app.get(f"{prefix}/health", dependencies=refreshed)
    async def health() -> JSONResponse:
        found = {name: await check() for name, check in control.checks.items()}
        results = {name: result for name, result in found.items() if result is not None}
        return _health(control, results, time.perf_counter() - started)

    @app.get(f"{prefix}/metrics", dependencies=refreshed)
    def metrics(request: Request) -> Response:  # in a thread: it reads /proc, and may be long
        write = control.write or (lambda accept: _written(control.registry, accept))
        body, content_type = write(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})

    if control.has_routes:
        Instrumentator(
            excluded_handlers=[f"^{prefix}{path}$" for path in UNMETERED],
            registry=control.registry,
        ).instrument(app, metric_namespace=control.service.replace("-", "_"))


def _health(control: Control, results: Mapping[str, Check], uptime_seconds: float) -> JSONResponse:
    is_healthy = control.readiness.ready and all(result.ok for result in results.values())
    body = {
        "status": "ok" if is_healthy else "degraded",
        "service": control.service,
        "version": __version__,
        "ready": control.readiness.ready,
        "uptime_seconds": round(uptime_seconds, 3),
        "checks": {
            name: {"ok": result.ok, "detail": result.detail, **_presence(result)}
            for name, result in results.items()
        },
    }
    return JSONResponse(body, 200 if is_healthy else 503)


def _presence(result: Check) -> dict[str, bool]:
    return {} if result.is_up is None else {"is_up": result.is_up}


def _written(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def create_control_app(control: Control) -> FastAPI:
    """A FastAPI app with nothing but the control endpoints; add routes to it as needed."""
    app = FastAPI(
        title=f"{control.service} control", version=__version__, docs_url=None, redoc_url=None
    )
    add_control_routes(app, control)
    return app
