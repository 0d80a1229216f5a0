"""`metrics` in containers: of every proxy, and of what else measures."""

from stack import metrics as ours_here
from stack.docker.compose import project_of
from stack.docker.containers import plan_of
from stack.docker.engine import asked
from stack.docker.preparing import ours
from stack.errors import StackError
from stack.request import Request

_READ = (
    "import urllib.request as r;"
    "print(r.urlopen('http://127.0.0.1:8001/metrics', timeout=5).read().decode())"
)


def metrics(request: Request) -> int:
    """Print the samples; exit code 1 where a container did not answer. Raises: StackError."""
    found = ours(request)
    proxies = [one.name for one in found if one.service == "proxy" and one.is_running]
    if not proxies:
        raise StackError("not running: make start")
    plan = plan_of(found)
    if len(proxies) == 1:
        return ours_here.metrics(request, plan)
    # behind the one published port any of them may answer
    variables = project_of(request).environment
    pages = {
        f"{name}/metrics": asked(variables, "exec", name, "python", "-c", _READ) for name in proxies
    }
    others = [one for one in ours_here.measuring(plan) if one.variable != "PROXY_CONTROL_PORT"]
    pages |= {address.page_url: ours_here.page_of(address) for address in others}
    return ours_here.show(pages)
