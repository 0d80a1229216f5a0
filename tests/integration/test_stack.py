"""The real supervisor and the real parts, in folders and on ports of their own."""

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.supervised import is_alive
from stack.waiting import wait_until
from tests.ports import free_ports
from tests.stacks import WITHIN_SECONDS, Stack, stack_at

BODY = b'{"message":{"content":"late"},"done":true}\n'


class Upstream(http.server.BaseHTTPRequestHandler):
    """Says that it is an Ollama; answers /api/chat when the test lets it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b'{"version":"0.0.1"}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.set()  # type: ignore[attr-defined]
        self.server.may_answer.wait(WITHIN_SECONDS)  # type: ignore[attr-defined]
        self._answer(BODY)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class UpstreamServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Upstream)
        self.asked = threading.Event()
        self.may_answer = threading.Event()


@pytest.fixture(scope="module")
def upstream() -> Iterator[UpstreamServer]:
    with UpstreamServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def running(upstream: UpstreamServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack in front of an Ollama, without Prometheus: needs nothing that could be absent."""
    with stack_at(tmp_path_factory.mktemp("running"), **in_front_of(upstream)) as stack:
        stack.start()
        yield stack


def in_front_of(upstream: UpstreamServer) -> dict[str, str]:
    return {"OLLAMA_URL": f"http://127.0.0.1:{upstream.server_port}", "PROMETHEUS": "off"}


def test_a_second_start_changes_nothing(running: Stack) -> None:
    before = running.pid("proxy")
    assert "already running, nothing changed" in running.start()
    assert running.pid("proxy") == before


def test_a_start_with_other_settings_names_them_and_changes_nothing(running: Stack) -> None:
    before = running.pid("proxy")
    done = running.command("start", PROXY_PORT=str(free_ports(1)[0]))
    assert done.returncode == 1
    assert "set differently since it was started: PROXY_PORT" in done.stderr
    assert "make restart" in done.stderr
    assert running.pid("proxy") == before


def test_status_says_what_runs_where(running: Stack) -> None:
    done = running.command("status")
    assert done.returncode == 0
    assert running.url in done.stdout
    part = running.status()["proxy"]
    assert part["health"] == "ready"
    assert psutil.Process(running.pid("proxy")).cmdline()[-2:] == ["-m", "proxy"]


def test_a_part_that_does_not_answer_is_not_healthy(running: Stack) -> None:
    pid = running.pid("proxy")
    os.kill(pid, signal.SIGSTOP)
    try:
        done = running.command("status")
        again = running.command("start")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert done.returncode == 1
    assert "not ready" in done.stdout
    assert again.returncode == 1
    assert "make restart" in again.stderr


def test_an_ollama_that_went_is_said_first_and_told_by_the_exit_code(tmp_path: Path) -> None:
    alone = {"PROMETHEUS": "off", "GPU_EXPORTER": "off"}
    with UpstreamServer() as upstream:
        threading.Thread(target=upstream.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{upstream.server_port}"
        with stack_at(tmp_path, OLLAMA_URL=url, **alone) as stack:
            stack.start()
            assert stack.command("status").stdout.startswith(
                "healthy, as processes of this machine"
            )
            upstream.shutdown()
            upstream.server_close()
            done = stack.command("status")
            found = json.loads(stack.command("status", "--json").stdout)
    assert done.returncode == 1
    assert done.stdout.startswith("not healthy (all parts run, Ollama does not answer), as process")
    assert f"nothing answers at {url} now: clients of the proxy get a 502" in done.stdout
    assert found["ollama_answers"] is False


def test_a_killed_proxy_is_started_again(running: Stack) -> None:
    before = running.pid("proxy")
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        part = running.status()["proxy"]
        return part["health"] == "ready" and part["pid"] != before

    assert wait_until(is_back, WITHIN_SECONDS)


def test_metrics_and_logs_are_those_of_the_running_proxy(running: Stack) -> None:
    assert "ollama_proxy_build_info{" in running.command("metrics").stdout
    lines = running.command("logs", "proxy", "--no-follow").stdout.splitlines()
    assert any(line.startswith("proxy | ") and '"started"' in line for line in lines)
    unknown = running.command("logs", "proxi", "--no-follow")
    assert (unknown.returncode, "there are: gpu-exporter, proxy" in unknown.stderr) == (1, True)


def test_settings_that_make_no_sense_keep_nobody_from_looking_at_what_runs(running: Stack) -> None:
    broken = {"PROXY_PORT": "abc", "PROMETHEUS_RETENTION_DAYS": "0", "RUNTIME": "podman"}
    for words in (("status",), ("logs", "--no-follow")):
        done = running.command(*words, **broken)
        said = done.stderr.splitlines()
        assert (done.returncode, len(said)) == (0, len(broken))
        assert all(line.endswith(f"({words[0]} goes on without it)") for line in said)
        assert "proxy" in done.stdout
    assert running.command("metrics", **broken).returncode == 2


def test_a_taken_port_is_reported_with_this_process_and_nothing_starts(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack, socket.socket() as taken:
        taken.bind(("127.0.0.1", int(stack.variables["PROXY_PORT"])))
        taken.listen()
        done = stack.command("start")
        assert done.returncode == 1
        assert f"(pid {os.getpid()})" in done.stderr
        assert "make start PROXY_PORT=" in done.stderr
        taken.close()
        stack.assert_nothing_left()


def test_a_part_that_ends_at_once_is_shown_with_its_log_and_nothing_stays(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        nowhere = {"GPU_EXPORTER_BACKEND": "replay", "GPU_EXPORTER_CAPTURE": "/nowhere.json"}
        done = stack.command("start", **nowhere)
        assert done.returncode == 1
        assert "gpu-exporter ended, the end of" in done.stderr
        assert "/nowhere.json" in done.stderr
        assert "stopping what was started" in done.stdout
        stack.assert_nothing_left()


def test_what_a_service_does_not_take_is_said_before_anything_starts(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        done = stack.command("start", PROXY_DRAIN_SECUNDS="1", GPU_EXPORTER_LOG_LEVEL="loud")
        assert (done.returncode, done.stdout) == (2, "")
        proxy, exporter = done.stderr.splitlines()
        assert proxy.endswith("PROXY_DRAIN_SECUNDS, did you mean PROXY_DRAIN_SECONDS?")
        assert exporter.endswith("found 'loud'")


def test_a_restart_that_cannot_be_stops_nothing(running: Stack) -> None:
    before = running.pid("proxy")
    for told, said in (
        ({"PROXY_CACH": "simple"}, "did you mean PROXY_CACHE?"),
        ({"OLLAMA_URL": "http://127.0.0.1:1"}, "no Ollama answers at OLLAMA_URL="),
        ({"OLLAMA_URL": running.url}, "found the proxy's own port"),
    ):
        done = running.command("restart", **told)
        assert done.returncode in (1, 2)
        assert said in done.stderr
    assert running.pid("proxy") == before


def test_a_restart_says_what_is_not_set_any_more_and_takes_no_keys_off_unmeant(
    running: Stack, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[alice]\nsha256 = "{"a4" * 32}"\n')
    running.start("restart", PROXY_API_KEYS_FILE=str(keys), PROXY_LOG_LEVEL="debug")
    before = running.pid("proxy")
    again, refused = running.command("start"), running.command("restart")
    assert (again.returncode, refused.returncode, refused.stdout) == (1, 2, "")
    gone = "started with PROXY_API_KEYS_FILE, PROXY_LOG_LEVEL, not set now: name them again"
    assert gone in again.stderr
    assert "name PROXY_API_KEYS_FILE again, or set it to nothing, for `make" in again.stderr
    assert "`make restart PROXY_API_KEYS_FILE=` takes the keys off" in refused.stderr
    assert running.pid("proxy") == before
    said = running.start("restart", PROXY_API_KEYS_FILE="")
    assert said.startswith("no longer set: PROXY_LOG_LEVEL (what runs was started with it;")
    assert running.start()


def test_validate_knows_what_runs_and_what_a_start_beside_it_would_fail_of(running: Stack) -> None:
    done = running.command("validate", "--json", MODEL="nosuch:1b")
    found = json.loads(done.stdout)
    said = {one["what"]: one["detail"] for one in found["findings"]}
    assert done.returncode == 0, [one for one in found["findings"] if one["is_ok"] is False]
    assert said["world"] == "the stack runs as processes of this machine"
    ports = [one["detail"] for one in found["findings"] if one["what"] == "port"]
    assert ports
    assert all(detail.endswith("ours, it runs") for detail in ports)


def test_an_interrupted_start_leaves_nothing_behind(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    never_ready = programs / "prometheus"
    never_ready.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "prometheus, version 1" || exec sleep 1000\n'
    )
    never_ready.chmod(0o755)
    with stack_at(tmp_path / "state", **in_front_of(upstream)) as stack:
        variables = stack.environment(PROMETHEUS="auto")
        variables["PATH"] = f"{programs}{os.pathsep}{variables['PATH']}"
        with subprocess.Popen(
            [sys.executable, "-m", "stack", "start"],
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
        ) as start:
            assert start.stdout is not None
            assert any("proxy" in line and "ready" in line for line in start.stdout)
            start.send_signal(signal.SIGINT)
            assert "stopping what was started" in start.stdout.read()
            assert start.wait(WITHIN_SECONDS) == 130
        stack.assert_nothing_left()


def test_a_stop_lets_the_request_in_flight_finish_and_leaves_nothing(tmp_path: Path) -> None:
    with UpstreamServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with stack_at(tmp_path, **in_front_of(server)) as stack:
            stack.start()
            answers: list[bytes] = []

            def ask() -> None:
                body = b'{"model":"m","messages":[]}'
                with urllib.request.urlopen(f"{stack.url}/api/chat", body) as response:
                    answers.append(response.read())

            client = threading.Thread(target=ask)
            client.start()
            assert server.asked.wait(WITHIN_SECONDS)
            with subprocess.Popen(
                [sys.executable, "-m", "stack", "stop"],
                # what it was started with counts, and nothing here keeps it from ending
                env=stack.environment(PROXY_DRAIN_SECONDS="soon"),
                stdout=subprocess.PIPE,
                text=True,
            ) as stop:
                assert stop.stdout is not None
                assert any("finishing what is in flight" in line for line in stop.stdout)
                server.may_answer.set()
                assert stop.wait(WITHIN_SECONDS) == 0
            client.join(WITHIN_SECONDS)
            assert answers == [BODY]
            stack.assert_nothing_left()
            again = stack.command("stop")
            assert (again.returncode, again.stdout) == (0, "not running\n")
        server.shutdown()
        thread.join()


def test_what_a_dead_supervisor_left_is_named_by_start_and_ended_by_stop(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        stack.start()
        proxy = stack.pid("proxy")
        supervisor = int((tmp_path / "run/supervisord.pid").read_text())
        os.kill(supervisor, signal.SIGKILL)
        assert wait_until(lambda: not is_alive(supervisor), WITHIN_SECONDS)
        done = stack.command("start")
        assert done.returncode == 1
        assert f"proxy (pid {proxy})" in done.stderr
        assert stack.command("stop").returncode == 0
        assert not is_alive(proxy)
        stack.start()


@pytest.mark.parametrize("name", ["50% of #1 ;x", "deep/" * 30])
def test_folders_with_awkward_names_work(
    upstream: UpstreamServer, tmp_path: Path, name: str
) -> None:
    with stack_at(tmp_path / name, **in_front_of(upstream)) as stack:
        stack.start()
        assert stack.status()["proxy"]["health"] == "ready"
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()


def test_verbs_that_need_a_stack_say_that_none_runs(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"STACK_STATE_DIR": str(tmp_path)})
    assert stack.command("status").returncode == 3
    assert stack.command("stop").returncode == 0
    for verb in ("metrics", "traffic"):
        done = stack.command(verb)
        assert done.returncode == 1
        assert "make start" in done.stderr


def test_a_state_folder_that_cannot_be_is_a_sentence_from_every_verb(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("/proc/x", str(tmp_path / "file" / "x")):
        stack = Stack(tmp_path, {"STACK_STATE_DIR": folder})
        for verb in ("start", "stop", "status", "logs", "metrics"):
            done = stack.command(verb)
            assert done.returncode != 0
            assert "Traceback" not in done.stderr
            assert len((done.stdout + done.stderr).splitlines()) == 1


def test_a_link_to_itself_as_a_run_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to("run")
    done = Stack(tmp_path, {"STACK_STATE_DIR": str(tmp_path)}).command("start")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "run") in done.stderr
