"""The drill makes every alert fire and resolve; its judgement notices what did not."""

import asyncio
import contextlib
import io
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from drill.components import lacking, small_disk
from drill.judge import Row, Verdict, not_drilled, restless, rows_of, unprovoked
from drill.play import Drill, Record
from drill.prometheus import Active, Firing, Prometheus, PrometheusError, active_in, firings_in
from drill.running import DrillError, running_stack
from drill.scenario import Alert, Component, Scenario, alert
from drill.scenarios import ROUNDS, chosen, fired_by, names
from drill.session import Options
from drill.session import drill as whole_drill
from drill.table import exit_code, sentence_of, table_of
from drill.watch import Watch
from drill.world import World
from stack.parts import GATEWAY_SCRIPT
from stack.places import REPOSITORY
from stack.request import read_request
from stack.settings import StackSettings
from stack.supervised import orphans
from tests.components import need
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.gateways import gateway_folder
from tests.ports import free_port
from tests.stacks import own_stack

pytestmark = pytest.mark.long

LABELS = {"alertname": "Down", "job": "proxy"}
PORTS = [name for name in StackSettings.model_fields if name.endswith("_port")]


def as_at_a_terminal() -> None:
    """A run under nohup, or in a shell's background, hands on that it ignores signals."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


async def started(*words: str, flags: Sequence[str] = ()) -> asyncio.subprocess.Process:
    """`flags` are Python's."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *flags, "-m", "drill", *words),
        preexec_fn=as_at_a_terminal,
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def need_prometheus() -> None:
    fetched = REPOSITORY / ".local/prometheus/prometheus"
    is_here = fetched.exists() or shutil.which("prometheus") is not None
    need("prometheus", is_here, "`make setup` fetches it, or install the package prometheus")


def required() -> list[str]:
    """What may not be missing on this machine, of what the drill asks for."""
    told = os.environ.get("TEST_REQUIRE", "").split(",")  # noqa: TID251 (a test's switch)
    return [component for component in Component if component in told]


@pytest.mark.timeout(420)
async def test_every_alert_that_can_be_drilled_here_fires_and_resolves() -> None:
    need_prometheus()
    if shutil.which("node") and shutil.which("npm"):
        await asyncio.to_thread(gateway_folder)
    flags = ["--require", *required()] if required() else []
    child = await started(*flags)
    told, said = (text.decode() for text in await child.communicate())
    assert child.returncode == 0, told + said
    lines = told.splitlines()
    for name in names():
        assert any(line.startswith(f"{name} ") for line in lines), told
    assert not [line for line in lines if "did not" in line or "provoked" in line]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
async def test_what_was_started_ends_with_a_signal(number: signal.Signals) -> None:
    need_prometheus()
    child = await started("--only", "OllamaDown", "--keep")
    assert child.stderr is not None
    folder = None
    while line := (await child.stderr.readline()).decode():
        if "stay in" in line:
            folder = Path(line.split()[-1])
        if "healthy traffic" in line:
            break
    assert folder is not None
    socket = folder / "state" / "run" / "supervisor.sock"
    try:
        assert set(orphans(socket).values()) == {"gpu-exporter", "prometheus", "proxy"}
        child.send_signal(number)
        async with asyncio.timeout(30):
            _, said = await child.communicate()
        assert child.returncode == 128 + number, said.decode()
        assert orphans(socket) == {}
        assert not socket.exists()
    finally:
        shutil.rmtree(folder)


async def test_a_closed_terminal_is_nothing_to_a_drill_under_nohup() -> None:
    script = (
        "import asyncio, signal\n"
        "from drill.command import stop_on_signals\n"
        "async def look():\n"
        "    stop_on_signals()\n"
        "    print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)\n"
        "asyncio.run(look())\n"
    )
    child = await asyncio.create_subprocess_exec(
        *("nohup", sys.executable, "-c", script),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, _ = await child.communicate()
    assert told == b"True\n"


async def test_ctrl_c_before_anything_was_started_leaves_no_traceback() -> None:
    child = await started(flags=["-X", "importtime"])
    assert child.stderr is not None
    while line := (await child.stderr.readline()).decode():
        if line.endswith(" asyncio\n"):
            break
    child.send_signal(signal.SIGINT)
    _, said = await child.communicate()
    assert child.returncode == -signal.SIGINT
    assert b"Traceback" not in said


async def test_a_stack_that_does_not_stop_is_told(tmp_path: Path) -> None:
    need_prometheus()
    async with ScriptedServer(FakeOllama()) as server:
        with pytest.raises(DrillError, match=r"did not stop:\n(?s:.*)Python") as caught:
            async with running_stack(tmp_path / "state", server.url, False, {}) as stack:
                stack.variables["PYTHONHOME"] = str(tmp_path)  # its own program cannot even begin
    del stack.variables["PYTHONHOME"]
    stopped = await asyncio.to_thread(stack.command, "stop")
    assert "stopped" in stopped.stdout, caught.value
    stack.assert_nothing_left()


def test_nothing_that_the_operator_set_reaches_a_stack_of_its_own(tmp_path: Path) -> None:
    set_by_the_operator = {
        "ALERTMANAGER": "on",
        "ALERTMANAGER_WEBHOOK_URL": "http://host/page",
        "ENGINE": "embedded",
        "GPU_EXPORTER": "off",
        "PROMETHEUS": "off",
        "PROXY_WORKERS": "2",
        "SLO_MINIMUM_REQUESTS": "1000",
        "STACK_DOWNLOADS_DIR": str(tmp_path / "fetched"),
    }
    lines = (f"{name}={value}\n" for name, value in set_by_the_operator.items())
    (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")
    stack = own_stack(tmp_path / "state", {"SLO_TTFT_SECONDS": "0.25"}, tmp_path)
    found = read_request(stack.environment(), tmp_path)
    assert found.settings.model_dump(exclude={*PORTS, "slo_ttft_seconds"}) == StackSettings(
        runtime="local",
        dashboard="off",  # nobody looks at a drill
        stack_state_dir=tmp_path / "state",
        stack_downloads_dir=tmp_path / "fetched",
    ).model_dump(exclude={*PORTS, "slo_ttft_seconds"})
    assert found.settings.slo_ttft_seconds == 0.25
    assert not found.variables["PROXY_WORKERS"]


def test_a_stack_of_its_own_has_every_port_for_itself(tmp_path: Path) -> None:
    ports = read_request(own_stack(tmp_path, {}, tmp_path).environment(), tmp_path).settings
    common = StackSettings()
    assert [port for port in PORTS if getattr(ports, port) == getattr(common, port)] == []
    assert len({getattr(ports, port) for port in PORTS}) == len(PORTS)


def test_the_gateway_is_looked_for_where_the_operator_has_it_fetched(tmp_path: Path) -> None:
    need("node", shutil.which("node") is not None, "install nodejs and npm")
    script = tmp_path / "portkey" / GATEWAY_SCRIPT
    needed = frozenset({Component.GATEWAY})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STACK_DOWNLOADS_DIR", str(tmp_path))
        assert "not installed" in lacking(needed)[Component.GATEWAY]
        script.parent.mkdir(parents=True)
        script.touch()
        assert lacking(needed) == {}


@pytest.mark.parametrize("seconds", ["0", "-5", "nan", "inf", "soon"])
async def test_a_wait_that_is_none_is_refused_with_a_sentence(seconds: str) -> None:
    child = await started(f"--within={seconds}")
    _, said = await child.communicate()
    assert child.returncode == 2
    assert said.decode().endswith(
        f"argument --within: expected a number of seconds above 0, found {seconds!r}\n"
    )


async def test_only_what_is_asked_for_is_listed() -> None:
    child = await started("--list", "--only", "QueueFull", "OllamaDown")
    told, _ = await child.communicate()
    rows = [line.split()[:2] for line in told.decode().splitlines()]
    assert rows == [["Round", "Alert"], ["1", "OllamaDown"], ["2", "QueueFull"], ["3", "QueueFull"]]


async def test_an_alert_that_nobody_knows_is_refused_with_a_sentence() -> None:
    child = await started("--only", "OllamaDwon")
    _, said = await child.communicate()
    assert child.returncode == 2
    assert said.decode() == "drill: --only: no such alert: OllamaDwon; --list names all\n"


async def test_nothing_is_started_where_nothing_can_be_drilled(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        said: list[str] = []
        options = Options(frozenset({"GPUXid"}), frozenset({Component.COMPILER}))
        rows = await whole_drill(options, said.append)
    assert [(row.alert, row.verdict) for row in rows] == [("GPUXid", Verdict.MISSED)]
    assert "apt install gcc" in rows[0].how
    assert said == []


def test_what_is_missing_is_said_only_where_it_is_needed(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        found = lacking(frozenset(Component))
        with small_disk(tmp_path / "disk") as said:
            assert said == "no `mount` on PATH"
        assert lacking(frozenset({Component.MOUNT})) == {}
    assert set(found) - {Component.PROC} == {Component.COMPILER, Component.GATEWAY}
    assert "Node.js" in found[Component.GATEWAY]


@contextlib.asynccontextmanager
async def nothing_at_all(_: World) -> AsyncIterator[None]:
    yield


def scenario(*fires: Alert, may: tuple[str, ...] = (), needs: Component | None = None) -> Scenario:
    return Scenario("somebody does it", fires or (alert("Down"),), nothing_at_all, may, needs)


def firing(name: str, began: float) -> Firing:
    return Firing(name, {"alertname": name, "job": "proxy"}, began)


def test_an_alert_that_fired_and_resolved_is_told_with_its_seconds() -> None:
    record = Record(scenario(), 10.0, {0: 13.0}, 14.0, {0: 16.0}, 20.0)
    assert list(rows_of(record)) == [Row("Down", "somebody does it", Verdict.OK, 3.0, 2.0)]


def test_an_alert_that_did_not_fire_or_not_resolve_is_found() -> None:
    record = Record(scenario(alert("Down"), alert("Slow")), 10.0, {1: 13.0}, 14.0, {0: 14.5}, 20.0)
    rows = list(rows_of(record))
    assert [row.verdict for row in rows] == [Verdict.SILENT, Verdict.RESTLESS]
    assert (rows[0].fired_seconds, rows[0].resolved_seconds) == (None, None)
    assert exit_code(rows) == 1


@pytest.mark.parametrize(
    ("name", "began", "is_provoked"),
    [
        ("Down", 12.0, True),
        ("Slow", 12.0, True),
        ("Other", 12.0, False),
        ("Down", 9.0, False),
        ("Down", 21.0, False),
    ],
)
def test_an_alert_is_provoked_while_a_scenario_accounts_for_it(
    name: str, began: float, is_provoked: bool
) -> None:
    record = Record(scenario(may=("Slow",)), 10.0, {0: 12.0}, 14.0, {0: 16.0}, 20.0)
    rows = list(unprovoked([record], [firing(name, began), firing(name, began)]))
    expected = Row(name, "job proxy", Verdict.UNPROVOKED)
    assert rows == ([] if is_provoked else [expected])


def test_what_needs_something_missing_is_a_failure_only_where_that_is_required() -> None:
    scenarios = [scenario(needs=Component.COMPILER), scenario(needs=Component.MOUNT), scenario()]
    missing = {Component.COMPILER: "no compiler", Component.MOUNT: "no right"}
    rows = list(not_drilled(scenarios, missing, frozenset({Component.MOUNT})))
    assert [(row.how, row.verdict) for row in rows] == [
        ("no compiler", Verdict.NOT_DRILLED),
        ("no right", Verdict.MISSED),
    ]
    assert (exit_code(rows[:1]), exit_code(rows)) == (0, 1)


def test_an_alert_that_went_on_after_its_round_is_told_once() -> None:
    said = [Row("Down", "", Verdict.RESTLESS, 1.0), Row("Slow", "", Verdict.OK, 1.0, 1.0)]
    assert [row.alert for row in restless({"Down", "Slow"}, said)] == ["Slow"]


def test_the_table_has_a_line_for_each_row_and_a_sentence_below() -> None:
    rows = [
        Row("Slow", "somebody waits", Verdict.SILENT),
        Row("Down", "somebody does it", Verdict.OK, 3.04, 2.0),
        Row("Hot", "no compiler", Verdict.NOT_DRILLED),
    ]
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table_of(rows))
    lines = [line.split() for line in console.export_text().splitlines()]
    assert [line[0] for line in lines] == ["Alert", "Down", "Hot", "Slow"]
    assert lines[1][-5:] == ["3.0", "s", "2.0", "s", "ok"]
    assert sentence_of(rows, 15, 20) == (
        "1 alert fired and resolved; 1 did not fire; 1 not drilled. It took 20 s; "
        "15 s of healthy traffic came first."
    )
    assert sentence_of(rows[2:], 15, 0) == "Nothing could be drilled here."


def test_an_alert_is_one_thing_s_where_labels_say_so() -> None:
    wanted = alert("QueueFull", error_type="queue_full")
    assert wanted.matches("QueueFull", {"error_type": "queue_full", "severity": "critical"})
    assert not wanted.matches("QueueFull", {"error_type": "proxy_queue_full"})
    assert not wanted.matches("QueueSaturated", {"error_type": "queue_full"})


def test_only_the_scenarios_of_the_named_alerts_are_played() -> None:
    assert chosen(frozenset()) == ROUNDS
    assert [len(round_) for round_ in chosen(frozenset({"QueueFull"}))] == [1, 1]
    (burn,) = (s for round_ in chosen(frozenset({"ErrorBurnRateFast"})) for s in round_)
    assert fired_by(burn) == {"ErrorBurnRateFast", "ErrorBurnRateSlow"}


def test_alerts_are_read_as_prometheus_tells_them() -> None:
    told = [{"labels": LABELS, "state": "firing"}, {"labels": LABELS, "state": "pending"}]
    assert active_in({"alerts": told}) == [
        Active("Down", LABELS, True),
        Active("Down", LABELS, False),
    ]


def test_an_alert_that_fires_twice_has_two_times() -> None:
    values = [[instant, "1"] for instant in (1.0, 2.0, 3.5, 10.0)]
    found = firings_in({"result": [{"metric": LABELS, "values": values}]})
    assert [one.began for one in found] == [1.0, 10.0]


async def test_a_prometheus_that_does_not_answer_is_told_in_a_sentence() -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}") as http:
        with pytest.raises(PrometheusError, match=r"^Prometheus does not answer /api/v1/alerts: "):
            await Prometheus(http).active()


class Told:
    """Alerts as a script of answers; the last of them goes on."""

    def __init__(self, *answers: Sequence[Active]) -> None:
        self.answers = list(answers)

    async def active(self) -> list[Active]:
        return list(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


DOWN, PENDING = Active("Down", LABELS, True), Active("Down", LABELS, False)


async def test_a_pending_alert_does_not_fire_and_is_not_quiet() -> None:
    watch = Watch(Told([PENDING]), every_seconds=0.01)
    async with watch.watching():
        assert not await watch.fires(alert("Down"), 0.1)
        assert await watch.resolves(alert("Down"), 10)
        assert await watch.quiet(0.1) == {"Down"}


async def test_each_condition_lasts_until_its_alert_fires() -> None:
    ended = asyncio.Event()
    alerts = Told([PENDING], [PENDING], [DOWN])

    @contextlib.asynccontextmanager
    async def condition(_: World) -> AsyncIterator[None]:
        yield
        alerts.answers = [[]]
        ended.set()

    played = Scenario("somebody does it", (alert("Down"),), condition)
    said: list[str] = []
    watch = Watch(alerts, every_seconds=0.01)
    found = Drill(None, watch, 10.0, said.append)  # type: ignore[arg-type]
    async with watch.watching():
        await found.rest(nothing_at_all, 0)
        await found.play([[played]])
    assert ended.is_set()
    (record,) = found.records
    (row,) = rows_of(record)
    assert row.verdict is Verdict.OK
    assert found.restless == set()
    assert record.ended is not None
    assert said == ["round 1 of 1: Down", "Down fires", "Down has resolved"]


async def test_an_alert_that_never_fires_does_not_hold_up_the_drill() -> None:
    said: list[str] = []
    watch = Watch(Told([PENDING]), every_seconds=0.01)
    found = Drill(None, watch, 0.1, said.append)  # type: ignore[arg-type]
    async with watch.watching():
        await found.play([[scenario()]])
    (row,) = rows_of(found.records[0])
    assert row.verdict is Verdict.SILENT
    assert found.restless == {"Down"}
    assert said == ["round 1 of 1: Down", "Down did not fire within 0.1 s"]
