"""`metrics`: what the proxy has measured, without comments and bucket lines."""

from collections.abc import Iterator

from stack import probes, supervised
from stack.console import say
from stack.errors import StackError
from stack.plan import Plan
from stack.request import Request

_PREFIX = "ollama_"


def metrics(request: Request) -> int:
    """Print the samples. Raises: StackError where the proxy does not run."""
    plan = Plan.load(request.places.run)
    proxy = plan.part("proxy") if plan and supervised.connect(request.socket) else None
    if proxy is None:
        raise StackError("not running: make start")
    url = f"{proxy.addresses[1].url}/metrics"
    reply = probes.get(url)
    if reply is None or reply.status != 200:
        raise StackError(f"{url} does not answer: make status")
    for line in interesting(reply.body.decode()):
        say(line)
    say(f"# buckets, process and runtime metrics as well: {url}")
    return 0


def interesting(exposition: str) -> Iterator[str]:
    """Our own samples, without buckets and creation times."""
    for line in exposition.splitlines():
        name = line.partition("{")[0].partition(" ")[0]
        if name.startswith(_PREFIX) and not name.endswith(("_bucket", "_created")):
            yield line
