"""The same questions on Locust: for more than one machine, or to watch a run on its page.

    locust -f services/traffic/locustfile.py --headless --users 4
    TRAFFIC_WORKERS=3 locust -f services/traffic/locustfile.py --processes 3 --headless --users 12

What is asked comes from the settings (TRAFFIC_*), as with `python -m traffic`: bank, plan, bodies,
facts, summary, results and exit code are the same code. Locust has the users: each asks one
question at a time and takes the next of its process's share, so `--users` are the questions in
flight, and with instants a question that finds no free user goes out late instead of being
dropped. Locust's own figures are rounded; those of the summary and the results are exact.
"""

import asyncio
import signal
from types import FrameType
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from locust import User, events, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner
from rich.console import Console

from ollama_observe.service.settings import load
from traffic.plan.plan import Plan
from traffic.refusals import REFUSED, RefusedError, say
from traffic.request.attempt import Attempt
from traffic.request.blocking import BlockingClient
from traffic.request.client import open_http
from traffic.run.command import Prepared, prepare
from traffic.run.stopping import Held
from traffic.settings import TrafficSettings
from traffic.sharding.swarm import Swarm
from traffic.target.check import check

DONE = "traffic_done"
"""A worker's word that its share has been asked; it carries the records not told before."""
INTERRUPTIONS = list[int]()
"""Each Ctrl-C, as its exit code."""


def show(environment: Environment, attempt: Attempt) -> None:
    """A request on Locust's page: by its kind, in milliseconds."""
    usage, error = attempt.usage, attempt.error
    seen = (
        ("TTFT", attempt.ttft_seconds),
        ("ITL", attempt.time_per_output_token_seconds),
        ("E2E", attempt.end_to_end_seconds),
    )
    for kind, seconds in seen:
        if seconds is not None:
            environment.events.request.fire(
                request_type=kind,
                name=attempt.category,
                response_time=1000 * seconds,
                response_length=0 if usage is None else usage.generated_tokens or 0,
                exception=None if error is None or kind != "E2E" else RuntimeError(error),
                context={},
            )


def prepared() -> Prepared:
    """All that a run needs, from the environment. Raises: RefusedError."""
    settings = load(TrafficSettings, [])
    if settings.cold_every:
        raise RefusedError("models are not unloaded on Locust: TRAFFIC_COLD_EVERY must be 0")
    # its processes share the plan, not ours
    found = prepare(settings.model_copy(update={"workers": 1}))
    if warning := asyncio.run(look(settings, found.plan)):
        say(Console(stderr=True), warning)
    return Prepared(settings, found.plan, found.slo)


async def look(settings: TrafficSettings, plan: Plan) -> str | None:
    """Whether the server can be asked, what speaks against the way. Raises: TargetError."""
    async with open_http(settings) as http:
        return (await check(http, settings, plan.models)).warning


def ready() -> Prepared:
    """The same, or an end with exit code 2 and one sentence: before Locust starts a process."""
    try:
        return prepared()
    except RefusedError as error:
        say(Console(stderr=True), str(error))
        raise SystemExit(REFUSED) from error


SWARM = Swarm(ready(), gevent.sleep, BoundedSemaphore())
USERS = set[User]()
FINISHED = set[str]()
"""Workers that have asked their shares."""


class Questioner(User):
    """Asks one question at a time, until its process's share is asked."""

    host = SWARM.settings.target_url

    def on_start(self) -> None:
        """Open nothing yet: the first question does."""
        self.client = BlockingClient(SWARM.settings, SWARM.now)
        USERS.add(self)

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()

    @task
    def ask(self) -> None:
        """Ask the next question; the last user to find none says that the share is asked."""
        has_asked = SWARM.ask_next(self.client.converse, lambda one: show(self.environment, one))
        if not isinstance(self.environment.runner, WorkerRunner):
            SWARM.hear(SWARM.tell())  # nobody else will
        if has_asked:
            return
        USERS.discard(self)
        if not USERS:
            finish(self.environment)
        raise StopUser


def finish(environment: Environment) -> None:
    """The share of this process is asked."""
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        runner.send_message(DONE, {DONE: SWARM.tell()})
    else:
        end(environment)


def end(environment: Environment) -> None:
    """All is asked. The page stays where there is one; what it came to is said at its end."""
    SWARM.is_over = True
    if (runner := environment.runner) is not None:
        gevent.spawn(runner.quit if environment.web_ui is None else runner.stop)


@events.test_start.add_listener
def on_test_start(environment: Environment, **_: Any) -> None:
    """Take this process's share: Locust numbers its workers."""
    count = SWARM.settings.workers
    if isinstance(environment.runner, WorkerRunner):
        SWARM.begin(environment.runner.worker_index % count, count)
    else:  # a master asks nothing, and hears all
        FINISHED.clear()
        SWARM.begin(0, 1)


@events.init.add_listener
def on_init(environment: Environment, **_: Any) -> None:
    """A master hears its workers; all but workers hear of Ctrl-C."""
    if not isinstance(environment.runner, WorkerRunner):
        signal.signal(signal.SIGINT, on_interrupt)
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message(DONE, on_done)


def on_done(environment: Environment, msg: Any, **_: Any) -> None:
    """A worker has asked its share; when all have, the run is over."""
    SWARM.hear(msg.data[DONE])
    FINISHED.add(msg.node_id)
    if len(FINISHED) == SWARM.settings.workers:
        end(environment)


@events.report_to_master.add_listener
def on_report_to_master(data: dict[str, Any], **_: Any) -> None:
    """What a worker has seen goes with its figures, so that a run that is cut short has it."""
    data[DONE] = SWARM.tell()


@events.worker_report.add_listener
def on_worker_report(data: dict[str, Any], **_: Any) -> None:
    """Take in what a worker has seen."""
    if told := data.get(DONE):
        SWARM.hear(told)


def on_interrupt(number: int, frame: FrameType | None) -> None:
    """Remember a Ctrl-C, which Locust makes nothing of but an end."""
    INTERRUPTIONS.append(128 + number)
    signal.default_int_handler(number, frame)


def stopped_by() -> int | None:
    """The exit code of the signal for which Locust quits, if it does so for one."""
    if INTERRUPTIONS:
        return INTERRUPTIONS[0]
    # only for SIGTERM does it quit in a greenlet, not in the main one
    return 128 + signal.SIGTERM if isinstance(gevent.getcurrent(), gevent.Greenlet) else None


@events.quitting.add_listener
def on_quitting(environment: Environment, **_: Any) -> None:
    """Say what the run came to; a worker leaves that to its master."""
    if not isinstance(environment.runner, WorkerRunner):
        with Held() as held:  # the first Ctrl-C led here: a second does not lose what was measured
            code = SWARM.conclude(Console(stderr=True), stopped_by())
        environment.process_exit_code = held.code or code
