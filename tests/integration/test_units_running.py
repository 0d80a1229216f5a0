"""`make install-service` on a machine whose first process is systemd: as a user, and as root."""

import os
from collections.abc import Iterator

import pytest

from stack.units.names import TARGET, unit_of
from stack.waiting import wait_until
from tests.booted import BASE, CHECKOUT, HOME, Machine, machine
from tests.containers import need_image

pytestmark = pytest.mark.timeout(1500)

WITHIN_SECONDS = 90.0
PARTS = ("proxy", "gpu-exporter", "prometheus", "dashboard")
FILES = "/etc/ollama-observe"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    need_image(BASE)
    name = f"ollama-observe-tests-systemd-{os.getpid()}"
    with machine(name, tmp_path_factory.mktemp("machine")) as found:
        found.run("sh", "-c", f"echo key > {HOME}/key; chown jo: {HOME}/key")
        yield found


@pytest.fixture
def of_user(there: Machine) -> Iterator[Machine]:
    done = there.make("install-service", root=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield there
    there.make("remove-service", root=False)


@pytest.fixture
def of_root(there: Machine) -> Iterator[Machine]:
    webhook = "http://me:hush@127.0.0.1:9/"
    wanted = {"ALERTMANAGER": "on", "ALERTMANAGER_WEBHOOK_URL": webhook}
    done = there.make("install-service", root=True, **wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    yield there
    there.make("remove-service", root=True)


def targets_up(there: Machine) -> set[str]:
    found = there.get("http://127.0.0.1:9090/api/v1/query?query=up==1")
    assert isinstance(found, dict)
    return {series["metric"]["job"] for series in found["data"]["result"]}


def test_a_users_service_runs_is_started_again_and_goes_without_a_trace(of_user: Machine) -> None:
    assert of_user.get("http://127.0.0.1:11435/api/version") == {"version": "0.12.3"}
    assert wait_until(lambda: targets_up(of_user) >= set(PARTS), WITHIN_SECONDS, 1.0)

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


def test_a_users_parts_see_the_checkout_and_nothing_else_of_the_home(of_user: Machine) -> None:
    for part in ("proxy", "prometheus", "dashboard"):
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
        lambda: targets_up(of_root) >= {*PARTS, "alertmanager"} - {"alertmanager"},
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
        assert of_root.seen_by(pid, HOME) in ([], ["ollama-observe"])
    told = of_root.run("sh", "-c", f"grep -rl hush {FILES} /etc/systemd /var/lib/private").split()
    assert told == [f"{FILES}/alertmanager.yml"]
    assert of_root.run("stat", "-c", "%a %U", told[0]).strip() == "600 root"


def test_the_machines_service_is_enabled_and_another_checkouts_is_not_written_over(
    of_root: Machine,
) -> None:
    assert of_root.run("systemctl", "is-enabled", TARGET).strip() == "enabled"
    other = "/opt/other"
    of_root.run("sh", "-c", f"[ -e {other} ] || cp -a {CHECKOUT} {other}")
    program = (
        "import os; from stack.request import read_request; from pathlib import Path; "
        "from stack.units.service import service_of; from stack.units.install import install; "
        f"install(service_of(read_request({{}}, Path({other!r}))))"
    )
    done = of_root.tried(f"{CHECKOUT}/.venv/bin/python", "-c", program)
    assert f"found that of {CHECKOUT}: `make remove-service` there first" in done.stderr


def test_the_machines_service_goes_and_leaves_the_numbers(of_root: Machine) -> None:
    assert of_root.make("remove-service", root=True).returncode == 0
    assert of_root.tried("ls", FILES).returncode != 0
    assert (
        of_root.run("sh", "-c", "ls /etc/systemd/system | grep -c ollama-observe || true") == "0\n"
    )
    assert "wal" in of_root.run("ls", "/var/lib/private/ollama-observe/prometheus-data")
