"""What every container of the stack is held to. Exceptions have a reason each."""

import re
from typing import Any

import pytest

from proxy.settings import ProxySettings
from stack.places import REPOSITORY
from tests.compose.files import BASE, OURS, OVERRIDES, written

COMPOSE = written(BASE)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STARTED = {name: one for name, one in SERVICES.items() if one.get("deploy") != {"replicas": 0}}
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")

# Each list may only shrink.
AS_ROOT = {
    "ollama": "its image has no other user, and its models belong to root",
    "pull-model": "the same image",
}
WRITABLE = {"ollama": "others' image, of which we do not know where it writes"}
WITHOUT_MEMORY_LIMIT = {
    "ollama": "models take what they take",
    "pull-model": "a client that ends",
}
THREADS_OF_ASYNCIO = 32
"""Most that a process of ours begins for what would block it."""
WITHOUT_HEALTH_CHECK = {"pull-model": "ends"}
RESTARTS = {"pull-model": "on-failure:3"}

DEFAULT = re.compile(r"\$\{[A-Z_]+:?-([^}]*)\}")
EXACT = re.compile(r":v?\d+\.\d+\.\d+[a-z0-9.-]*$")


def with_defaults(text: str) -> str:
    return DEFAULT.sub(r"\1", text)


def images() -> dict[str, str]:
    texts = [(REPOSITORY / name).read_text(encoding="utf-8") for name in (BASE, *OVERRIDES)]
    named = [line for text in texts for line in re.findall(r"image: (?:&\S+ )?(\S+)$", text, re.M)]
    named += re.findall(r"^x-image: &image (\S+)$", "\n".join(texts), re.MULTILINE)
    return {name: with_defaults(name) for name in named if not name.startswith("*")}


def test_every_image_has_an_exact_tag() -> None:
    assert len(images()) >= 10
    assert [name for name in images().values() if not EXACT.search(name)] == []


def test_the_project_has_a_name() -> None:
    assert COMPOSE["name"] == "ollama-observe"


@pytest.mark.parametrize("name", STARTED)
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    service = STARTED[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "network_mode", "ipc", "userns_mode"} & set(service)
    assert service.get("read_only", False) != (name in WRITABLE)


@pytest.mark.parametrize("name", STARTED)
def test_a_container_has_limits(name: str) -> None:
    service = STARTED[name]
    assert service["pids_limit"] > 0
    assert ("mem_limit" in service) != (name in WITHOUT_MEMORY_LIMIT)
    log = service["logging"]
    assert log == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}


@pytest.mark.parametrize("name", STARTED)
def test_a_container_is_started_again_when_it_fails(name: str) -> None:
    assert STARTED[name]["restart"] == RESTARTS.get(name, "unless-stopped")


@pytest.mark.parametrize("name", [name for name in STARTED if name not in WITHOUT_HEALTH_CHECK])
def test_a_container_says_when_it_is_ready(name: str) -> None:
    check = STARTED[name].get("healthcheck", {}).get("test") or health_check_in_image(name)
    told = " ".join(check) if isinstance(check, list) else check
    assert "ready" in told or name in ("ollama", "portkey", "grafana")
    assert "CMD-SHELL" not in told and "curl" not in told


def health_check_in_image(service: str) -> str:
    found = re.search(r"HEALTHCHECK .*\\\n +CMD (.*)", stage(target_of(service)))
    assert found, f"{service} has none"
    return found[1]


def target_of(service: str) -> str:
    return str(SERVICES[service]["build"]["target"])


def stage(name: str) -> str:
    """The lines of one stage of the Dockerfile."""
    return next(
        part for part in re.split(r"^FROM ", DOCKERFILE, flags=re.M) if f" AS {name}\n" in part
    )


@pytest.mark.parametrize("name", STARTED)
def test_a_container_does_not_run_as_root(name: str) -> None:
    service = STARTED[name]
    if name in AS_ROOT:
        assert "user" not in service
        return
    if "build" not in service:
        uid, _, gid = service["user"].partition(":")
        assert int(uid) > 0 and int(gid) > 0
        return
    users = re.findall(r"^USER (\S+)$", stage("service") + stage(target_of(name)), re.M)
    assert users[-1] not in ("root", "0")


@pytest.mark.parametrize("name", STARTED)
def test_a_container_is_stopped_with_patience_and_not_for_ever(name: str) -> None:
    if name in WITHOUT_HEALTH_CHECK:
        return
    # two times in a row are added up
    times = with_defaults(STARTED[name]["stop_grace_period"]).removesuffix("s").split("s")
    assert 10 <= sum(map(int, times)) <= 60


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_of_this_machine_alone_unless_told_otherwise(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert with_defaults(port).startswith("127.0.0.1:"), port
        assert len(DEFAULT.findall(port)) == 2, (
            f"{port}: a variable for the address, one for the port"
        )


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_of_the_host_is_read_only(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source = with_defaults(volume).split(":")[0]
        is_named = source in COMPOSE["volumes"]
        assert is_named or volume.endswith(":ro"), volume
        assert "docker.sock" not in volume


def test_data_lies_in_named_volumes() -> None:
    assert set(COMPOSE["volumes"]) == {"answers", "models", "prometheus"}


def test_services_that_ask_another_wait_until_it_is_ready() -> None:
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            expected = (
                "service_healthy" if other != "pull-model" else "service_completed_successfully"
            )
            assert condition["condition"] == expected, name
            # one of a profile that is off must not bring it in
            is_optional = condition.get("required") is False
            assert is_optional or SERVICES[other].get("profiles") in (None, service.get("profiles"))


def test_no_secret_stands_in_a_file() -> None:
    for name in (BASE, *OVERRIDES, "Dockerfile"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert not re.search(r"(password|secret|token|api_key)\s*[:=]\s*\S", text, re.I), name


def test_every_service_of_ours_has_a_target_in_the_dockerfile() -> None:
    built = {target_of(name) for name in SERVICES if "build" in SERVICES[name]}
    assert built == set(OURS)
    for target in built:
        assert stage(target).startswith("service AS "), (
            f"{target}: no user of its own, pip is there"
        )
        assert f'org.opencontainers.image.title="Ollama Observe: {target}"' in stage(target)


def test_a_build_needs_no_registry_but_the_base_image_s() -> None:
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", DOCKERFILE, re.M)
    named = {name for _, name in stages}
    assert {source for source, _ in stages} - named == {"${BASE}"}
    assert "# syntax=" not in DOCKERFILE
    assert not re.search(r"^(ADD|.*(curl|wget|git clone) )", DOCKERFILE, re.M)
    assert re.findall(r"^COPY --from=(\S+)", DOCKERFILE, re.M)
    assert set(re.findall(r"^COPY --from=(\S+)", DOCKERFILE, re.M)) <= named


def test_nothing_that_installs_packages_is_left_whatever_the_base_image_brings() -> None:
    lines = stage("service").replace("\\\n", " ")
    (removed,) = re.findall(r"pip uninstall (.*?) &&", lines)
    assert {"pip", "setuptools", "wheel"} <= set(removed.split())
    assert "ensurepip" in lines


def test_a_proxy_may_start_the_threads_of_all_its_workers() -> None:
    (most,) = (
        one.le for one in ProxySettings.model_fields["workers"].metadata if hasattr(one, "le")
    )
    assert SERVICES["proxy"]["pids_limit"] > most * (1 + THREADS_OF_ASYNCIO)
    # a model computes with a thread a core
    assert SERVICES["engine"]["pids_limit"] == SERVICES["ollama"]["pids_limit"]


def test_the_front_s_memory_holds_as_many_connections_as_it_takes() -> None:
    text = (REPOSITORY / "docker/haproxy.cfg").read_text(encoding="utf-8")
    (most,) = re.findall(r"^ +maxconn (\d+)$", text, re.M)
    # seen: 365 MiB with all of them taken, by clients that wait for a proxy with 60 KB each
    assert int(SERVICES["front"]["mem_limit"].removesuffix("m")) * 1024 > int(most) * 47 * 1.2


def test_grafana_lets_everybody_look_and_nobody_in() -> None:
    told = SERVICES["grafana"]["environment"]
    assert told["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    # else there is an admin, whose first password everybody knows, by form or by header
    assert told["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert told["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert told["GF_AUTH_BASIC_ENABLED"] == "false"


def test_what_is_installed_is_checked_by_hash() -> None:
    for script in ("install", "model"):
        text = (REPOSITORY / "docker" / script).read_text(encoding="utf-8")
        assert "--require-hashes" in text
    installs = (REPOSITORY / "docker/install").read_text(encoding="utf-8")
    for line in re.findall(r"(?:pip install|\$pip) .*", installs):
        assert "--require-hashes" in line or "--no-index" in line


def test_the_images_are_built_from_what_they_hold_and_nothing_else() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!").split("/")[0] for rule in rules if rule.startswith("!")}
    assert allowed == {"docker", "libs", "services", "requirements", "questions", "docs", "LICENSE"}
