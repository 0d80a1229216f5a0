"""What is to be said where the parts are processes of this machine, by make or by systemd."""

from collections.abc import Iterator

from stack import model_api
from stack.errors import StackError
from stack.model_api import ModelApi
from stack.parts import engine_part
from stack.plan import Plan
from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import tool_at_hand
from stack.request import Request
from stack.runtime import World, require_no_grafana
from stack.services.settings import HERE
from stack.validating import addresses, folders, gpu, programs, services, space
from stack.validating import model_api as answering
from stack.validating.finding import Finding
from stack.validating.world import Where
from stack.wish import wish_of
from stack.wished import wished


def findings(request: Request, where: Where) -> Iterator[Finding]:
    """Grafana, folders, space, what answers as Ollama, ports, services, GPUs, programs."""
    try:
        require_no_grafana(request.settings)
    except StackError as error:
        yield Finding("grafana", False, error.why, error.remedy)
    plan = plan_of(request, where)
    api, of_api = _model_api(request, plan)
    is_embedded = api is not None and api.is_embedded
    has_prometheus = tool_at_hand(PROMETHEUS, request.places) is not None
    yield from folders.findings(request)
    yield from space.of_disks(request, has_prometheus, is_embedded)
    yield space.of_memory(space.available_memory())
    yield of_api
    yield from answering.models(request, api)
    would = wished(request, wish_of("start", request.settings), is_embedded)
    held = {one.port for part in plan.parts for one in part.addresses} if plan else set[int]()
    yield from addresses.findings(would.addresses, held, where.verb)
    yield from services.findings(request, would.parts.values(), HERE)
    yield gpu.of_processes(request, would.parts.get("gpu-exporter"))
    yield from programs.findings(request, is_embedded)


def plan_of(request: Request, where: Where) -> Plan | None:
    """What runs; None where nothing does."""
    if not where.is_running:
        return None
    if where.world is World.SERVICE:
        from stack.units.service import service_of

        return service_of(request).plan()
    return Plan.load(request.places.run)


def _model_api(request: Request, plan: Plan | None) -> tuple[ModelApi | None, Finding]:
    if plan is not None and plan.api_url:
        api = ModelApi(plan.api_url, plan.part("engine") is not None, plan.model_api)
        return api, answering.of_what_runs(api.url, api.reason)
    url = engine_part(request.settings, request.places).addresses[0].url
    return answering.of_a_start(request, model_api.look(request.settings), url)
