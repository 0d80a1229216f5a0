"""The stack with a real Portkey gateway from npm, under the real supervisor."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import psutil
import pytest

from stack.parts import GATEWAY_SCRIPT
from stack.places import REPOSITORY
from stack.portkey.route import CONFIGURATION
from stack.supervised import is_alive
from stack.waiting import wait_until
from tests.components import need
from tests.integration.test_stack import BODY, UpstreamServer, in_front_of
from tests.ports import free_port
from tests.stacks import WITHIN_SECONDS, Stack, need_model_and_prometheus, stack_at

pytestmark = pytest.mark.long

SECRETS = ("hunter2", "blue-sky")
"""Of a key, and of prompts and answers."""


@pytest.fixture(scope="module", autouse=True)
def has_node() -> None:
    has_both = bool(shutil.which("node") and shutil.which("npm"))
    need("node", has_both, "install node 18 or newer with npm (Debian: apt install nodejs npm)")


@pytest.fixture(scope="module")
def upstream() -> Iterator[UpstreamServer]:
    """Says that it is an Ollama, and answers at once."""
    with UpstreamServer() as server:
        server.may_answer.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def running(upstream: UpstreamServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Gateway and proxy; each test first says which way it wants."""
    with stack_at(tmp_path_factory.mktemp("running"), **in_front_of(upstream)) as stack:
        yield stack
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()


def npm_folder_without_overrides(folder: Path) -> Path:
    """A gateway as npm installs it by itself, whose streams fail."""
    manifest = json.loads((REPOSITORY / "portkey/package.json").read_text())
    del manifest["overrides"]
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps(manifest))
    command = ["npm", "install", "--omit=dev", "--no-package-lock", "--ignore-scripts", "--silent"]
    done = subprocess.run(command, cwd=folder, check=False, timeout=WITHIN_SECONDS)
    need("node", done.returncode == 0, "npm must reach its registry")
    return folder


@contextlib.contextmanager
def gateway_of_somebody_else(folder: Path, port: int) -> Iterator[int]:
    """Started by hand from an npm folder; yields its pid."""
    command = ["node", str(folder / GATEWAY_SCRIPT), f"--port={port}", "--headless"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as node:
        try:
            assert wait_until(lambda: ask(f"http://127.0.0.1:{port}/") is not None, WITHIN_SECONDS)
            yield node.pid
        finally:
            node.terminate()


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, Message] | None:
    """Status, body and headers; None where nothing answers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named)
    try:
        with urllib.request.urlopen(request, timeout=WITHIN_SECONDS) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers
    except OSError:
        return None


def goes_through(stack: Stack) -> bool:
    """Whether a request to the proxy comes back by the gateway."""
    answer = ask(f"{stack.url}/api/version")
    assert answer is not None
    assert answer[0] == 200
    return "x-portkey-provider" in answer[2]


def portkey_url(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.variables['PORTKEY_PORT']}"


def gateway_in(stack: Stack) -> object:
    return json.loads(stack.command("status", "--json").stdout)["gateway"]


def test_the_gateway_starts_alone_is_healthy_and_stops_alone(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        assert "make start brings the rest" in stack.start("start-portkey")
        assert set(stack.status()) == {"portkey"}
        health = stack.command("health-portkey")
        assert health.returncode == 0, health.stdout
        states = [line.split("  ")[1:3] for line in health.stdout.splitlines()[1:]]
        assert [name for name, *_ in states] == ["answers", "carries a request", "streams"]
        assert "hono 4.9.7" in health.stdout
        assert "already running, nothing changed" in stack.start("start-portkey")
        for verb in ("metrics", "traffic"):
            assert "make start" in stack.command(verb).stderr
        assert stack.command("stop-portkey").stdout.endswith("stopped\n")
        stack.assert_nothing_left()
        again = stack.command("stop-portkey")
        assert (again.returncode, again.stdout) == (0, "portkey: not running here\n")


def test_nobody_but_this_machine_reaches_the_gateway(running: Stack) -> None:
    running.start("start-portkey")
    node = psutil.Process(running.pid("portkey"))
    listening = [c.laddr.ip for c in node.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


def test_the_whole_stack_sends_requests_through_the_gateway_and_says_so(running: Stack) -> None:
    running.start("start-with-portkey")
    shown = running.command("status")
    assert shown.returncode == 0
    assert f"requests go through the gateway at {portkey_url(running)}" in shown.stdout
    assert gateway_in(running) == portkey_url(running)
    assert goes_through(running)
    assert "--enable-portkey" in psutil.Process(running.pid("proxy")).cmdline()
    health = running.command("health-portkey")
    assert health.returncode == 0, health.stdout
    assert "went through the gateway" in health.stdout
    before = running.status()
    assert "already running, nothing changed" in running.start("start-with-portkey")
    assert "already running, nothing changed" in running.start()
    assert {n: p["pid"] for n, p in before.items()} == {
        n: p["pid"] for n, p in running.status().items()
    }


def test_without_its_gateway_the_proxy_goes_on_directly_and_back_when_it_is_there(
    running: Stack,
) -> None:
    running.start("start-with-portkey")
    proxy = running.pid("proxy")
    done = running.command("stop-portkey")
    assert done.returncode == 0
    assert "the proxy sends requests direct until a gateway answers" in done.stdout
    assert not goes_through(running)
    assert "no gateway answers" in running.command("status").stdout
    assert running.command("health-portkey").returncode == 3
    running.start("start-portkey")
    assert wait_until(lambda: goes_through(running), WITHIN_SECONDS, 0.2)
    assert running.pid("proxy") == proxy


def test_the_proxy_is_made_direct_and_routed_again_by_a_restart_of_it_alone(
    running: Stack,
) -> None:
    running.start("start-with-portkey")
    proxy, portkey = running.pid("proxy"), running.pid("portkey")
    assert "starting again, to send requests straight to Ollama" in running.start("start-proxy")
    assert gateway_in(running) is None
    assert not goes_through(running)
    assert running.pid("portkey") == portkey
    assert running.pid("proxy") != proxy
    assert "make start-with-portkey routes them" in running.command("status").stdout
    shown = running.start("start-proxy-portkey")
    assert f"starting again, to send requests through Portkey at {portkey_url(running)}" in shown
    assert wait_until(lambda: goes_through(running), WITHIN_SECONDS, 0.2)
    assert running.pid("portkey") == portkey


def test_a_restart_starts_what_ran_and_says_what(running: Stack) -> None:
    running.start("start-with-portkey")
    done = running.command("restart")
    assert done.returncode == 0, done.stderr
    assert "starting again: gpu-exporter, portkey, proxy (through Portkey)" in done.stdout
    assert wait_until(lambda: goes_through(running), WITHIN_SECONDS, 0.2)


def test_an_exchange_that_fails_brings_the_old_proxy_back(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text("no JSON")
    with stack_at(tmp_path / "state", **in_front_of(upstream)) as stack:
        stack.start("start-proxy", PROXY_LOG_LEVEL="warning")
        proxy = stack.pid("proxy")
        more = {"PROXY_LOG_LEVEL": "warning", "PROXY_PORTKEY_CONFIG": str(config)}
        done = stack.command("start-proxy-portkey", **more)
        assert done.returncode == 2
        assert "config.json" in done.stderr
        assert stack.pid("proxy") == proxy, "what is known to be wrong exchanges nothing"
        shutil.copy(REPOSITORY / CONFIGURATION, config)
        # the exporter, which comes after the proxy, ends at once
        more |= {"GPU_EXPORTER_BACKEND": "replay", "GPU_EXPORTER_CAPTURE": "/nowhere.json"}
        done = stack.command("start-with-portkey", **more)
        assert done.returncode == 1
        assert "going back to what ran before" in done.stdout
        assert stack.pid("proxy") != proxy
        assert stack.status()["proxy"]["health"] == "ready"
        assert gateway_in(stack) is None
        # also with what it was told when it was started
        environment = psutil.Process(stack.pid("proxy")).environ()
        assert environment["PROXY_LOG_LEVEL"] == "warning"
        assert "PROXY_PORTKEY_CONFIG" not in environment


def test_what_the_proxy_was_told_is_repeated_to_change_its_way_but_not_to_add_a_gateway(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        stack.start(PROXY_LOG_LEVEL="warning")
        proxy = stack.pid("proxy")
        for verb in ("start", "start-with-portkey"):
            done = stack.command(verb)
            assert done.returncode == 1
            assert "started with PROXY_LOG_LEVEL, not set now: name it again" in done.stderr
        stack.start("start-portkey")
        assert stack.pid("proxy") == proxy
        stack.start("start-with-portkey", PROXY_LOG_LEVEL="warning")
        assert wait_until(lambda: goes_through(stack), WITHIN_SECONDS, 0.2)


def test_the_log_holds_no_prompt_answer_or_key(running: Stack, upstream: UpstreamServer) -> None:
    running.start("start-portkey")
    key, content = SECRETS
    headers = {
        "x_portkey_provider": "openai",
        "x_portkey_custom_host": f"http://127.0.0.1:{upstream.server_port}",
        "authorization": f"Bearer {key}",
        "content_type": "application/json",
    }
    url = f"{portkey_url(running)}/v1/proxy/api/chat"
    statuses = [
        (ask(url, body, **{**headers, **more}) or (0,))[0]
        for body, more in (
            (json.dumps({"messages": [{"content": content}]}).encode(), {}),
            (f"{content} is no JSON".encode(), {}),
            (b"{}", {"x_portkey_custom_host": f"http://{content}.invalid"}),
            (b"{}", {"x_portkey_config": f'{{"api_key":"{key}'}),
        )
    ]
    assert statuses == [200, 500, 500, 500]
    log = running.state / "log/portkey.log"

    def events() -> list[str]:
        return [json.loads(line)["event"] for line in log.read_text().splitlines()]

    # by way of the supervisor, in its own time
    assert wait_until(lambda: events().count("proxyHandler error") == 2, WITHIN_SECONDS)
    assert {"started", "retryRequest error"} < set(events())
    assert not [secret for secret in SECRETS if secret in log.read_text()]


def test_start_brings_the_rest_and_keeps_the_gateway(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        stack.start("start-portkey")
        portkey = stack.pid("portkey")
        # a part that comes later gets the variables of now
        stack.start(PROXY_LOG_LEVEL="warning")
        assert stack.pid("portkey") == portkey
        assert psutil.Process(stack.pid("proxy")).environ()["PROXY_LOG_LEVEL"] == "warning"
        assert not goes_through(stack)
        differs = stack.command("start-with-portkey", PORTKEY_PORT=str(free_port()))
        assert differs.returncode == 1
        assert "set differently since it was started: PORTKEY_PORT" in differs.stderr
        assert stack.pid("portkey") == portkey


def test_a_proxy_that_gets_a_gateway_lets_its_request_in_flight_finish(tmp_path: Path) -> None:
    with UpstreamServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with stack_at(tmp_path, **in_front_of(server)) as stack:
            stack.start()
            answers: list[object] = []
            client = threading.Thread(
                target=lambda: answers.append(ask(f"{stack.url}/api/chat", b'{"model":"m"}'))
            )
            client.start()
            assert server.asked.wait(WITHIN_SECONDS)
            with subprocess.Popen(
                [sys.executable, "-m", "stack", "start-with-portkey"],
                env=stack.environment(),
                stdout=subprocess.PIPE,
                text=True,
            ) as start:
                assert start.stdout is not None
                assert any("finishing what is in flight" in line for line in start.stdout)
                server.may_answer.set()
                assert start.wait(WITHIN_SECONDS) == 0
            client.join(WITHIN_SECONDS)
            assert [answer[:2] for answer in answers if isinstance(answer, tuple)] == [(200, BODY)]
            assert wait_until(lambda: goes_through(stack), WITHIN_SECONDS, 0.2)
            assert stack.command("stop").returncode == 0
            stack.assert_nothing_left()
        server.shutdown()
        thread.join()


def test_an_interrupted_addition_leaves_what_ran(upstream: UpstreamServer, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    never_ready = programs / "prometheus"
    never_ready.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "prometheus, version 1" || exec sleep 1000\n'
    )
    never_ready.chmod(0o755)
    with stack_at(tmp_path / "state", **in_front_of(upstream)) as stack:
        stack.start("start-proxy")
        proxy = stack.pid("proxy")
        variables = stack.environment(PROMETHEUS="auto")
        variables["PATH"] = f"{programs}{os.pathsep}{variables['PATH']}"
        with subprocess.Popen(
            [sys.executable, "-m", "stack", "start-with-portkey"],
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
        ) as start:
            assert start.stdout is not None
            ready = (
                line for line in start.stdout if line.startswith("  proxy") and "ready" in line
            )
            assert next(ready, None) is not None
            start.send_signal(signal.SIGINT)
            assert "going back to what ran before" in start.stdout.read()
            assert start.wait(WITHIN_SECONDS) == 130
        assert {name: part["health"] for name, part in stack.status().items()} == {"proxy": "ready"}
        assert gateway_in(stack) is None
        assert not is_alive(proxy)
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()


def test_a_proxy_for_a_gateway_that_is_not_there_starts_and_says_so(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        shown = stack.start("start-proxy-portkey")
        assert f"no gateway answers at {portkey_url(stack)}" in shown
        assert "requests go direct" in shown
        assert "make start-portkey" in shown
        assert not goes_through(stack)


def test_nothing_but_a_gateway_needs_node(upstream: UpstreamServer, tmp_path: Path) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        stack.start("start-proxy-portkey", PATH="")
        done = stack.command("start-portkey", PATH="")
        assert done.returncode == 1
        assert "needs node 18 or newer" in done.stderr
        assert "found no node and no npm" in done.stderr
        assert set(stack.status()) == {"proxy"}


def test_a_taken_port_is_named_and_a_gateway_on_it_recognised(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path / "first", **in_front_of(upstream)) as first:
        with stack_at(tmp_path / "second", **in_front_of(upstream)) as second:
            first.start("start-portkey")
            port = first.variables["PORTKEY_PORT"]
            done = second.command("start-with-portkey", PORTKEY_PORT=port)
            assert done.returncode == 1
            assert "`make start-proxy-portkey` uses it" in done.stderr
            leg = second.command("start-with-portkey", PROXY_RETURN_LEG_PORT=port)
            assert leg.returncode == 1
            assert f"port {port} (proxy return leg) is taken by node" in leg.stderr
            assert "make start-with-portkey PROXY_RETURN_LEG_PORT=" in leg.stderr
            second.assert_nothing_left()
            second.start("start-proxy-portkey", PORTKEY_PORT=port)
            assert wait_until(lambda: goes_through(second), WITHIN_SECONDS, 0.2)


def test_health_says_who_is_not_there(tmp_path: Path) -> None:
    with stack_at(tmp_path, OLLAMA_URL=f"http://127.0.0.1:{free_port()}") as stack:
        absent = stack.command("health-portkey")
        assert (absent.returncode, absent.stdout) == (3, "not running: make start-portkey\n")
        stack.start("start-portkey")
        done = stack.command("health-portkey")
        assert done.returncode == 1
        assert f"the gateway cannot reach {stack.variables['OLLAMA_URL']}" in done.stdout
        assert "ECONNREFUSED" in done.stdout


def test_health_knows_another_program_on_the_port(upstream: UpstreamServer, tmp_path: Path) -> None:
    with stack_at(tmp_path, PORTKEY_PORT=str(upstream.server_port)) as stack:
        done = stack.command("health-portkey")
        assert done.returncode == 1
        assert "something else does" in done.stdout
        del stack.variables["PORTKEY_PORT"]


def test_health_names_the_versions_with_which_streams_fail(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    folder = npm_folder_without_overrides(tmp_path / "gateway")
    with stack_at(tmp_path / "state", **in_front_of(upstream)) as stack:
        with gateway_of_somebody_else(folder, int(stack.variables["PORTKEY_PORT"])):
            done = stack.command("health-portkey")
    assert done.returncode == 1
    found = json.loads((folder / "node_modules/hono/package.json").read_text())["version"]
    assert f"hono {found} where 4.9.7 is expected" in done.stdout
    assert "where 1.13.5 is expected" in done.stdout
    assert f"npm install with portkey/package.json in {folder}" in done.stdout


def test_a_fetched_gateway_that_is_not_as_expected_is_fetched_again(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    downloads = tmp_path / "downloads"
    (downloads / "portkey/node_modules").mkdir(parents=True)
    with stack_at(tmp_path / "state", **in_front_of(upstream)) as stack:
        stack.variables["STACK_DOWNLOADS_DIR"] = str(downloads)
        done = stack.command("start-portkey")
        if "npm could not fetch" in done.stderr:
            need("node", False, "npm must reach its registry")
        assert "the Portkey gateway 1.15.2, from npm" in done.stdout
        assert stack.command("health-portkey").returncode == 0
        assert [path.name for path in downloads.iterdir()] == ["portkey"]
        lock = (downloads / "portkey/package-lock.json").read_text()
        assert lock == (REPOSITORY / "portkey/package-lock.json").read_text()


def test_setup_fetches_the_gateway_where_it_is_asked_for(
    upstream: UpstreamServer, tmp_path: Path
) -> None:
    with stack_at(tmp_path, **in_front_of(upstream)) as stack:
        assert "portkey" not in stack.command("setup").stdout
        assert "portkey" in stack.command("setup", PORTKEY="on").stdout


def test_a_real_answer_comes_through_the_whole_stack(tmp_path: Path) -> None:
    need_model_and_prometheus()
    with stack_at(tmp_path, ENGINE="embedded", PORTKEY="on") as stack:
        stack.start()
        assert list(stack.status()) == ["engine", "portkey", "proxy", "gpu-exporter", "prometheus"]
        assert stack.command("health-portkey").returncode == 0
        question = {"model": "smollm2:135m", "prompt": "Why?", "options": {"num_predict": 4}}
        answer = ask(f"{stack.url}/api/generate", json.dumps(question).encode())
        assert answer is not None
        assert json.loads(answer[1].splitlines()[-1])["done"] is True
        assert answer[2]["x-portkey-provider"] == "openai"
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()
