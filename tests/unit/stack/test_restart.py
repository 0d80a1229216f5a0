import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stack.places import REPOSITORY, private_folder
from stack.plan import Plan, digests
from stack.prometheus.rules import RULES
from stack.request import Request, read_request
from stack.restart import in_words, verb_of, wish_after
from stack.settings import ALERTMANAGER_SAMPLE, parse
from stack.supervised import is_alive
from stack.supervision import CONFIGURATION
from stack.transition import write
from stack.waiting import wait_until
from stack.wish import STARTS, Wish, wish_of

WITH_PORTKEY = Plan(
    wished=("portkey", "prometheus", "proxy"), gateway="http://127.0.0.1:8787", digests={}
)


def asked(variables: Mapping[str, str], folder: Path) -> Request:
    return read_request(variables, folder)


def test_what_ran_with_portkey_is_started_with_portkey(tmp_path: Path) -> None:
    wish = wish_after(WITH_PORTKEY, asked({}, tmp_path))
    assert wish == Wish(frozenset(WITH_PORTKEY.wished), through_gateway=True)
    assert in_words(wish) == "portkey, prometheus, proxy (through Portkey)"


def test_a_gateway_that_ran_alone_is_started_alone(tmp_path: Path) -> None:
    assert wish_after(Plan(wished=("portkey",)), asked({}, tmp_path)).parts == {"portkey"}


def test_a_proxy_without_prometheus_stays_without(tmp_path: Path) -> None:
    assert wish_after(Plan(wished=("proxy",)), asked({}, tmp_path)).parts == {"proxy"}


def test_what_portkey_says_anew_is_heeded(tmp_path: Path) -> None:
    off = wish_after(WITH_PORTKEY, asked({"PORTKEY": "off"}, tmp_path))
    assert off == Wish(frozenset({"proxy", "prometheus"}), through_gateway=False)
    direct = Plan(wished=("prometheus", "proxy"))
    on = wish_after(direct, asked({"PORTKEY": "on"}, tmp_path))
    assert on == Wish(frozenset({"portkey", "proxy", "prometheus"}), through_gateway=True)


def test_what_portkey_said_before_is_no_news(tmp_path: Path) -> None:
    variables = {"PORTKEY": "off"}
    running = Plan(wished=WITH_PORTKEY.wished, gateway="x", digests=digests(variables))
    assert wish_after(running, asked(variables, tmp_path)).through_gateway is True


def test_a_prometheus_that_is_refused_now_is_not_started(tmp_path: Path) -> None:
    wish = wish_after(WITH_PORTKEY, asked({"PROMETHEUS": "off"}, tmp_path))
    assert wish.parts == {"portkey", "proxy"}


def test_an_exporter_that_is_wanted_or_refused_now_comes_or_goes(tmp_path: Path) -> None:
    running = Plan(wished=("proxy", "gpu-exporter"))
    assert wish_after(running, asked({"GPU_EXPORTER": "off"}, tmp_path)).parts == {"proxy"}
    without = Plan(wished=("proxy",), digests=digests({"GPU_EXPORTER": "off"}))
    assert wish_after(without, asked({}, tmp_path)).parts == {"proxy", "gpu-exporter"}


def test_an_alertmanager_that_is_wanted_or_refused_now_comes_or_goes(tmp_path: Path) -> None:
    on = asked({"ALERTMANAGER": "on"}, tmp_path)
    assert wish_after(Plan(wished=("proxy",)), on).parts == {"proxy", "alertmanager"}
    running = Plan(wished=("alertmanager", "proxy"), digests=digests(on.variables))
    assert wish_after(running, on).parts == {"proxy", "alertmanager"}
    off = asked({"ALERTMANAGER": "off"}, tmp_path)
    assert wish_after(running, off).parts == {"proxy"}


def test_an_alertmanager_stays_where_nothing_is_said_of_it_any_more(tmp_path: Path) -> None:
    before = digests({"ALERTMANAGER": "on", "ALERTMANAGER_HOST": "127.0.0.2"})
    running = Plan(wished=("alertmanager", "proxy"), digests=before)
    assert wish_after(running, asked({}, tmp_path)).parts == {"proxy", "alertmanager"}
    elsewhere = asked({"ALERTMANAGER_HOST": "am.example"}, tmp_path)
    assert wish_after(running, elsewhere).parts == {"proxy"}


def test_an_alertmanager_comes_back_from_another_machine(tmp_path: Path) -> None:
    elsewhere = {"ALERTMANAGER": "on", "ALERTMANAGER_HOST": "am.example"}
    running = Plan(wished=("proxy",), digests=digests(elsewhere))
    here = asked({"ALERTMANAGER": "on"}, tmp_path)
    assert wish_after(running, here).parts == {"proxy", "alertmanager"}


def test_a_traffic_worker_comes_goes_and_stays_as_it_is_said(tmp_path: Path) -> None:
    on = asked({"TRAFFIC": "on"}, tmp_path)
    assert wish_after(Plan(wished=("proxy",)), on).parts == {"proxy", "traffic"}
    running = Plan(wished=("proxy", "traffic"), digests=digests(on.variables))
    assert wish_after(running, on).parts == {"proxy", "traffic"}
    assert wish_after(running, asked({}, tmp_path)).parts == {"proxy", "traffic"}
    assert wish_after(running, asked({"TRAFFIC": "off"}, tmp_path)).parts == {"proxy"}


@pytest.mark.parametrize("verb", STARTS)
def test_a_wish_is_said_by_the_verb_that_asks_for_the_same(verb: str) -> None:
    settings = parse({})
    assert verb_of(wish_of(verb, settings), settings) == verb


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Request]:
    """A checkout whose supervisor runs, without a part; beside it tools that take no file."""
    shutil.copytree(REPOSITORY / "stack/src", tmp_path / "stack/src")
    (tmp_path / "bin").mkdir()
    for name in ("prometheus", "promtool", "alertmanager", "amtool"):
        tool = tmp_path / "bin" / name
        tool.write_text("#!/bin/sh\necho FAILED: no such thing | tee /dev/stderr\nexit 1\n")
        tool.chmod(0o755)
    request = asked({}, tmp_path)
    for folder in (request.places.run, request.places.log, request.socket.parent):
        private_folder(folder)
    write(request, Plan())
    supervisor = [sys.executable, "-m", "supervisor.supervisord", "-c", CONFIGURATION]
    subprocess.run(supervisor, cwd=request.places.run, env={}, check=True)
    assert wait_until(lambda: request.socket.exists() and bool(pid_of_supervisor(request)), 10)
    yield request
    assert called(request, "stop").returncode == 0


def pid_of_supervisor(request: Request) -> int | None:
    file = request.places.run / "supervisord.pid"
    text = file.read_text() if file.exists() else ""
    return int(text) if text else None


def called(request: Request, verb: str) -> subprocess.CompletedProcess[str]:
    """A verb of the checkout's own."""
    repository = request.places.repository
    path = f"{repository / 'bin'}:/usr/bin:/bin"
    return subprocess.run(
        [sys.executable, "-m", "stack", verb],
        env={
            "PYTHONPATH": str(repository / "stack/src"),
            "PATH": path,
            "OLLAMA_URL": "http://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("part", "file"), [("prometheus", RULES / "mine.yml"), ("alertmanager", ALERTMANAGER_SAMPLE)]
)
def test_a_file_that_is_not_taken_stops_nothing_that_runs(
    part: str, file: Path, checkout: Request
) -> None:
    (checkout.places.repository / file).parent.mkdir(parents=True, exist_ok=True)
    (checkout.places.repository / file).write_text("groups: []\n")
    Plan(wished=("proxy", part)).save(checkout.places.run)
    pid = pid_of_supervisor(checkout)
    done = called(checkout, "restart")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such thing" in done.stderr
    assert pid is not None
    assert is_alive(pid)
