"""Programs that are not ours: at hand, fetched by a start, or to be installed."""

from collections.abc import Iterator

from stack.places import MODEL_FILE, Places
from stack.portkey import node, package
from stack.prometheus import sources
from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS, Program
from stack.remedies import manager
from stack.request import Request
from stack.validating.finding import Finding
from stack.wish import wish_of


def findings(request: Request, is_embedded: bool) -> Iterator[Finding]:
    """What processes of this machine run beside our services."""
    names = wish_of("start", request.settings).parts
    if "prometheus" in names:
        yield of_program(PROMETHEUS, request.places)
    if "alertmanager" in names:
        yield of_program(ALERTMANAGER, request.places)
    if is_embedded:
        yield of_weights(request)
    yield of_gateway(request.places, node.version_of("node"), node.version_of("npm"), names)


def of_program(program: Program, places: Places) -> Finding:
    """One that runs here already, or is fetched by the first start."""
    fetched = places.fetched(program.name) / program.name
    for path, origin in ((sources.on_path(program), "from PATH"), (fetched, "fetched before")):
        version = sources.version_of(program, path) if path else None
        if version:
            tool = sources.tool_at_hand(program, places)
            beside = f"with {program.tool}" if tool else f"without {program.tool}"
            return Finding("program", True, f"{program.title} {version}, {origin}, {beside}")
    why = f"{program.title} is not here: a start fetches it ({program.download}, once)"
    return Finding("program", None, why, f"or {manager().command(program.name)}")


def of_weights(request: Request) -> Finding:
    """The embedded engine's model files."""
    own = request.variables.get("ENGINE_MODELS_DIR")
    folder = request.places.repository / own if own else request.places.models
    found = sorted(path.name for path in folder.glob("*.gguf"))
    shown = request.places.shown(folder)
    if found:
        return Finding("weights", True, f"{', '.join(found)} in {shown}")
    if own:
        why = f"ENGINE_MODELS_DIR: expected GGUF files, found none in {shown}"
        return Finding("weights", False, why, "put one there, or unset ENGINE_MODELS_DIR")
    return Finding("weights", None, f"{MODEL_FILE} is not here: a start fetches it (93 MB, once)")


def of_gateway(
    places: Places, node_: str | None, npm: str | None, names: frozenset[str]
) -> Finding:
    """Node, npm and the Portkey gateway, which only some starts need."""
    is_asked = "portkey" in names
    if node.missing(node_, npm):
        found = f"{f'node {node_}' if node_ else 'no node'}, {f'npm {npm}' if npm else 'no npm'}"
        needs = "the Portkey gateway needs node 18 and npm 8.3 or newer"
        ok = False if is_asked else None
        return Finding("gateway", ok, f"{found}: {needs}", manager().command("node"))
    if package.is_installed(places):
        return Finding("gateway", True, f"fetched before; node {node_}")
    verb = "a start" if is_asked else "make start-with-portkey"
    return Finding("gateway", None, f"node {node_}, npm {npm}; {verb} fetches the gateway")
