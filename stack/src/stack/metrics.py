"""`metrics`: what the stack has measured, without comments and bucket lines."""

from collections.abc import Iterator, Mapping

from ollama_observe.metrics.catalogue import PREFIXES
from stack import probes, supervised
from stack.console import complain, say
from stack.errors import StackError
from stack.parts import Address
from stack.plan import Plan
from stack.request import Request

_NOT_OURS = ("_bucket", "_created")
_OF_THE_CONTROL = "traffic_http_"
"""Of requests to the worker itself: what it is asked, not what it measures."""


def metrics(request: Request, elsewhere: Plan | None = None) -> int:
    """Print the samples; exit code 1 where a part did not answer. Raises: StackError.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    plan = elsewhere or here
    if plan is None or plan.part("proxy") is None:
        raise StackError("not running: make start")
    return show({address.page_url: page_of(address) for address in measuring(plan)})


def show(pages: Mapping[str, str | None]) -> int:
    """Print what is interesting of each page; None is one that did not come."""
    for page in pages.values():
        for line in interesting(page or ""):
            say(line)
    say(f"# buckets, process and runtime metrics as well: {', '.join(pages)}")
    silent = [url for url, page in pages.items() if page is None]
    for url in silent:
        complain(f"{url} does not answer: make status")
    return 1 if silent else 0


def measuring(plan: Plan) -> list[Address]:
    """Where the parts that measure tell of it: the proxy, and what of the others runs."""
    found = [plan.part(name) for name in ("proxy", "gpu-exporter", "traffic")]
    addresses = [address for part in found if part for address in part.addresses]
    return [address for address in addresses if address.page == "/metrics"]


def interesting(exposition: str) -> Iterator[str]:
    """Our own samples, without buckets and creation times."""
    for line in exposition.splitlines():
        name = line.partition("{")[0].partition(" ")[0]
        is_ours = name.startswith(PREFIXES) and not name.startswith(_OF_THE_CONTROL)
        if is_ours and not name.endswith(_NOT_OURS):
            yield line


def page_of(address: Address) -> str | None:
    """What a part tells of itself; None where it does not answer."""
    reply = probes.get(address.page_url)
    return None if reply is None or reply.status != 200 else reply.body.decode()
