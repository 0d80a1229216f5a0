"""`dashboard` in containers: one in the foreground, before what runs."""

from stack import ports
from stack.console import say
from stack.docker import engine
from stack.docker.preparing import have_images, ours, prepare, published
from stack.request import Request
from stack.settings import StackSettings
from stack.wish import wish_for

_PART = "dashboard"


def dashboard(request: Request) -> int:
    """Become it, until Ctrl-C. Raises: StackError where its port is taken, UnfitError."""
    wish = wish_for({_PART}, request.settings)
    prepared = prepare(request, engine.look(request.variables), ours(request), wish, False)
    ports.require_free(published(prepared.config, prepared.services), _PART)
    have_images(request, prepared)
    say(f"the dashboard: {_url(request.settings)} (Ctrl-C ends it)")
    # by its name Prometheus finds it
    prepared.project.become("run", "--rm", "--service-ports", "--use-aliases", _PART)


def install(request: Request) -> int:
    """Build its image. Raises: UnfitError, StackError."""
    wish = wish_for({_PART}, request.settings)
    prepared = prepare(request, engine.look(request.variables), ours(request), wish, False)
    have_images(request, prepared)
    say("installed: make dashboard shows what runs")
    return 0


def _url(settings: StackSettings) -> str:
    from stack.dashboard.part import dashboard_address

    return dashboard_address(settings).url
