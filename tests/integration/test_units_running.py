"""`make install-service` on a machine whose first process is systemd: as a user, and as root."""

import os
from collections.abc import Iterator

import pytest

from stack.units.names import TARGET, unit_of
from stack.waiting import wait_until
from tests.booted import BASE, CHECKOUT, HOME, NODE, ROOTS, Machine, machine
from tests.containers import need_image

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]

WITHIN_SECONDS = 90.0
SCRAPED = {"proxy", "gpu-exporter", "traffic", "prometheus", "dashboard"}
PARTS = ("portkey", *sorted(SCRAPED))
WITH_ALL = {"PORTKEY": "on", "TRAFFIC": "on", "TRAFFIC_MODEL": "m", "TRAFFIC_RATE_PER_SECOND": "5"}
FILES = "/etc/ollama-observe"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    need_image(BASE)
    need_image(NODE)
    name = f"ollama-observe-tests-systemd-{os.getpid()}"
    with machine(name, tmp_path_factory.mktemp("machine")) as found:
        found.run("sh", "-c", f"echo key > {HOME}/key; chown jo: {HOME}/key")
        yield found


@pytest.fixture
def of_user(there: Machine) -> Iterator[Machine]:
    done = there.make("install-service", root=False, **WITH_ALL)
    assert done.returncode == 0, done.stdout + done.stderr
    yield there
    there.make("remove-service", root=False)


@pytest.fixture
def of_root(there: Machine) -> Iterator[Machine]:
    webhook = "http://me:hush@127.0.0.1:9/"
    wanted = {"ALERTMANAGER": "on", "ALERTMANAGER_WEBHOOK_URL": webhook, **WITH_ALL}
    done = there.make("install-service", root=True, **wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    yield there
    there.make("remove-service", root=True)


def targets_up(there: Machine) -> set[str]:
    found = there.get("http://127.0.0.1:9090/api/v1/query?query=up==1")
    assert isinstance(found, dict)
    return {series["metric"]["job"] for series in found["data"]["result"]}


def has_alertmanager(there: Machine) -> bool:
    """Whether Prometheus tells one of alerts."""
    found = there.get("http://127.0.0.1:9090/api/v1/alertmanagers")
    assert isinstance(found, dict)
    return bool(found["data"]["activeAlertmanagers"])


def answered(there: Machine) -> int:
    """Questions of the worker that were answered."""
    query = "http://127.0.0.1:9090/api/v1/query?query=sum(traffic_requests_total{outcome=%22ok%22})"
    found = there.get(query)
    assert isinstance(found, dict)
    return sum(int(series["value"][1]) for series in found["data"]["result"])


def goes_through(there: Machine) -> bool:
    """Whether the proxy's answers came through the gateway."""
    program = (
        "import urllib.request as u; "
        "print(u.urlopen('http://127.0.0.1:11435/api/version', timeout=10).headers)"
    )
    return "x-portkey-provider" in there.run("python3", "-c", program).lower()


def test_a_users_service_runs_is_started_again_and_goes_without_a_trace(of_user: Machine) -> None:
    assert of_user.get("http://127.0.0.1:11435/api/version") == {"version": "0.12.3"}
    assert wait_until(lambda: targets_up(of_user) >= SCRAPED, WITHIN_SECONDS, 1.0)

    killed = of_user.pid(unit_of("proxy"), root=False)
    of_user.run("kill", "-KILL", str(killed))
    assert wait_until(
        lambda: of_user.pid(unit_of("proxy"), root=False) not in (0, killed), WITHIN_SECONDS, 0.5
    )
    assert wait_until(
        lambda: of_user.make("status", root=False).returncode == 0, WITHIN_SECONDS, 0.5
    )
    assert "under your own systemd" in of_user.make("status", root=False).stdout
    again = of_user.make("start", root=False)
    assert "it runs as a service, nothing changed" in again.stdout, again.stdout + again.stderr

    assert of_user.make("remove-service", root=False).returncode == 0
    assert of_user.run("ls", "-A", f"{HOME}/.config/systemd/user", root=False) == ""
    left = of_user.run("ls", f"{CHECKOUT}/.local", root=False).split()
    assert "service" not in left
    assert "prometheus-data" in left
    assert of_user.pid(unit_of("proxy"), root=False) == 0


@pytest.mark.parametrize("root", [False, True], ids=["a user's", "the machine's"])
def test_a_gateway_and_a_worker_do_their_work_under_what_they_may(
    root: bool, request: pytest.FixtureRequest
) -> None:
    there: Machine = request.getfixturevalue("of_root" if root else "of_user")
    health = there.make("health-portkey", root=root)
    assert health.returncode == 0, health.stdout + health.stderr
    assert wait_until(lambda: answered(there) > 0, WITHIN_SECONDS, 1.0)

    assert there.make("stop-portkey", root=root).returncode == 0
    assert there.pid(unit_of("portkey"), root=root) == 0
    assert wait_until(lambda: not goes_through(there), WITHIN_SECONDS, 1.0)
    status = there.make("status", root=root)
    assert status.returncode == 0, status.stdout + status.stderr
    assert "portkey was stopped" in status.stdout
    again = there.make("start-portkey", root=root)
    assert again.returncode == 0, again.stdout + again.stderr
    assert wait_until(lambda: goes_through(there), WITHIN_SECONDS, 1.0)


@pytest.mark.parametrize("root", [False, True], ids=["a user's", "the machine's"])
def test_a_service_that_is_started_again_is_well(
    root: bool, request: pytest.FixtureRequest
) -> None:
    there: Machine = request.getfixturevalue("of_root" if root else "of_user")
    assert there.make("stop", root=root).returncode == 0
    assert there.make("status", root=root).stdout.startswith("installed, not running")
    again = there.make("start", root=root)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "it runs as a service" in again.stdout
    done = there.make("restart", root=root)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_service_is_stopped_without_an_environment(of_user: Machine) -> None:
    of_user.run("mv", f"{CHECKOUT}/.venv", f"{CHECKOUT}/gone", root=False)
    try:
        assert of_user.make("stop-dashboard", root=False).returncode == 0
        assert of_user.pid(unit_of("dashboard"), root=False) == 0
        assert of_user.pid(unit_of("prometheus"), root=False) != 0
        assert of_user.make("stop", root=False).returncode == 0
        assert of_user.pid(unit_of("prometheus"), root=False) == 0
    finally:
        of_user.run("mv", f"{CHECKOUT}/gone", f"{CHECKOUT}/.venv", root=False)


def test_the_machines_service_runs_no_checkout_of_a_user(there: Machine) -> None:
    done = there.tried("make", "-C", CHECKOUT, "install-service")
    assert done.returncode != 0
    assert f"expected {HOME} to be root's" in done.stderr
    assert "sudo git clone" in done.stderr
    assert there.tried("ls", FILES).returncode != 0


def test_a_users_parts_see_the_checkout_and_nothing_else_of_the_home(of_user: Machine) -> None:
    for part in ("proxy", "prometheus", "dashboard", "portkey", "traffic"):
        assert of_user.seen_by(of_user.pid(unit_of(part), root=False), HOME) == ["ollama-observe"]
    # in a namespace of its own the exporter would see no process of others
    exporter = of_user.pid(unit_of("gpu-exporter"), root=False)
    assert "key" in of_user.seen_by(exporter, HOME)


def test_other_settings_are_applied_by_installing_again(of_user: Machine) -> None:
    done = of_user.make("install-service", root=False, DASHBOARD="off")
    assert done.returncode == 0, done.stdout + done.stderr
    assert of_user.pid(unit_of("dashboard"), root=False) == 0
    assert of_user.pid(unit_of("proxy"), root=False) != 0
    left = of_user.run("ls", f"{HOME}/.config/systemd/user", root=False).split()
    assert unit_of("dashboard") not in left


def test_the_machines_service_runs_as_nobody_who_can_log_in_and_keeps_a_secret(
    of_root: Machine,
) -> None:
    assert wait_until(
        lambda: targets_up(of_root) >= SCRAPED and has_alertmanager(of_root),
        WITHIN_SECONDS,
        1.0,
    )
    for part in (*PARTS, "alertmanager"):
        pid = of_root.pid(unit_of(part), root=True)
        status = of_root.run("cat", f"/proc/{pid}/status")
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert int(facts["Uid"].split()[0]) >= 61184, part  # systemd's own range for such users
        capabilities = "0000000000080004" if part == "gpu-exporter" else "0" * 16
        assert facts["CapEff"] == facts["CapBnd"] == capabilities
        assert facts["NoNewPrivs"] == "1"
        assert of_root.seen_by(pid, "/home") == []
    told = of_root.run("sh", "-c", f"grep -rl hush {FILES} /etc/systemd /var/lib/private").split()
    assert told == [f"{FILES}/alertmanager.yml"]
    assert of_root.run("stat", "-c", "%a %U", told[0]).strip() == "600 root"


def test_the_machines_service_is_enabled_and_another_checkouts_is_not_written_over(
    of_root: Machine,
) -> None:
    assert of_root.run("systemctl", "is-enabled", TARGET).strip() == "enabled"
    other = "/opt/other"
    of_root.run("sh", "-c", f"[ -e {other} ] || cp -a {ROOTS} {other}")
    program = (
        "import os; from stack.request import read_request; from pathlib import Path; "
        "from stack.units.service import service_of; from stack.units.install import install; "
        f"install(service_of(read_request({{}}, Path({other!r}))))"
    )
    done = of_root.tried(f"{ROOTS}/.venv/bin/python", "-c", program)
    assert f"found that of {ROOTS}: `make remove-service` there first" in done.stderr


def test_the_machines_service_goes_and_leaves_the_numbers(of_root: Machine) -> None:
    assert of_root.make("remove-service", root=True).returncode == 0
    assert of_root.tried("ls", FILES).returncode != 0
    assert (
        of_root.run("sh", "-c", "ls /etc/systemd/system | grep -c ollama-observe || true") == "0\n"
    )
    assert "wal" in of_root.run("ls", "/var/lib/private/ollama-observe/prometheus-data")
