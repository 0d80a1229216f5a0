"""The demo profile in a real engine: a real model answers, and only the cards are made up."""

import http.client
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence

import pytest

from stack.places import REPOSITORY
from supply import locks, table
from tests.compose.asking import QUESTION, Answer, ask
from tests.compose.images import OTHERS, TAG, TARGETS, docker, need_images
from tests.compose.projects import Project, own_project, running
from tests.compose.restarting import (
    CLIENTS,
    Restart,
    crashed_under_traffic,
    restarted_under_traffic,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

STOPPED_WITHIN_SECONDS = 30.0
"""Less than a front that waits for an idle client takes."""
MODEL = "smollm2:135m"
OURS = ("proxy", "front", "gpu-exporter-demo", "dashboard", "engine")
ABSENT = ("pip", "gcc", "cc", "make", "git", "curl", "wget")
PACKAGERS = ("pip", "setuptools", "wheel", "ensurepip")
OUR_LICENCES = tuple(
    f"/usr/share/licenses/ollama-observe/{name}" for name in ("LICENSE", "LICENCES.md")
)
LICENCES_BESIDE = {
    "engine": ("/opt/library/libgomp1.copyright", "/models/smollm2@135m.LICENSE"),
    "front": ("/usr/share/doc/haproxy/copyright",),
}
WITHOUT_A_LICENCE = """
import json, pathlib, sys
words = ("licen", "copying", "notice")
def has_text(folder):
    return any(path.name.lower().startswith(words) for path in folder.rglob("*") if path.is_file())
folders = pathlib.Path("/opt/app").glob("lib/python*/site-packages/*.dist-info")
print(json.dumps({
    "without": [path.name.split("-")[0] for path in folders if not has_text(path)],
    "absent": [name for name in sys.argv[1:] if not pathlib.Path(name).is_file()],
}))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    variables = {"PROXY_LOG_LEVEL": "debug"}
    project = own_project(tmp_path_factory.mktemp("demo"), ["demo"], **variables)
    with running(project):
        yield project


@pytest.fixture(scope="module")
def answers(project: Project) -> list[Answer]:
    return [ask(project.url("proxy"), MODEL) for _ in range(5)]


def test_everything_is_healthy_and_nothing_was_started_twice(project: Project) -> None:
    found = {one["Name"]: one for one in project.inspect()}
    assert len(found) == len(OURS) + 1
    assert {one["State"]["Health"]["Status"] for one in found.values()} == {"healthy"}
    assert {one["RestartCount"] for one in found.values()} == {0}


def test_everything_is_published_on_this_machine_s_loopback_alone(project: Project) -> None:
    bound = [
        binding["HostIp"]
        for one in project.inspect()
        for bindings in one["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    ]
    assert len(bound) == 6
    assert set(bound) == {"127.0.0.1"}


@pytest.mark.parametrize("service", OURS)
def test_a_container_is_nobody_in_particular_and_changes_nothing(
    project: Project, service: str
) -> None:
    script = (
        "id -u; touch /x 2>/dev/null && echo wrote; touch /tmp/x && echo has a place for a while"
    )
    said = project.run("exec", "-T", service, "sh", "-c", script).splitlines()
    assert int(said[0]) > 0
    assert said[1:] == ["has a place for a while"]
    status = project.run("exec", "-T", service, "cat", "/proc/self/status")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


@pytest.mark.parametrize("service", OURS)
def test_an_image_has_no_tools_to_build_with(project: Project, service: str) -> None:
    look = f"command -v {' '.join(ABSENT)}; true"
    assert project.run("exec", "-T", service, "sh", "-c", look) == ""
    # the service's own Python, and the image's
    for python in ("python", "/usr/local/bin/python3"):
        assert project.run("exec", "-T", service, python, "-c", found_of(PACKAGERS)) == "[]\n"


def found_of(modules: Sequence[str]) -> str:
    """A program that prints which of these can be imported."""
    return f"import importlib.util as u; print([m for m in {modules!r} if u.find_spec(m)])"


def test_a_base_image_s_own_packagers_go_too() -> None:
    need_images()
    base, made = (f"ollama-observe/test-{name}:{TAG}" for name in ("base", "service"))
    told = f"FROM {OTHERS[0]}\nRUN python -m pip install --quiet setuptools wheel\n"
    try:
        docker("build", "--quiet", "--tag", base, "-", said=told)
        docker(
            "build",
            "--quiet",
            "--target",
            "service",
            "--build-arg",
            f"BASE={base}",
            "-t",
            made,
            ".",
        )
        look = ("--entrypoint", "python", made, "-c", found_of(PACKAGERS))
        assert docker("run", "--rm", *look) == "[]\n"
    finally:
        docker("image", "rm", "--force", base, made)


def test_an_image_keeps_no_index_of_packages(project: Project) -> None:
    for one in project.inspect(*OURS):
        told = json.dumps(json.loads(docker("inspect", one["Image"]))[0]["Config"])
        history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", one["Image"])
        assert "PIP_INDEX_URL" not in told + history
        assert "org.opencontainers.image.title" in told


def test_images_carry_the_licences_of_what_is_in_them() -> None:
    need_images()
    entries = table.load()
    for target in TARGETS:
        image = f"ollama-observe/{target}:{TAG}"
        look = ("run", "--rm", "--entrypoint", "python", image, "-c", WITHOUT_A_LICENCE)
        said = json.loads(docker(*look, *OUR_LICENCES, *LICENCES_BESIDE.get(target, ())))
        assert said["absent"] == []
        pins = locks.pins(target) if target in locks.SERVICES else ()
        without = {pin.name for pin in pins if not entries[pin.key].texts}
        # ours have the one of the image
        ours = {target, "ollama-observe"} if pins else set()
        assert {locks.normal(name) for name in said["without"]} == without | ours


def test_images_are_as_small_as_the_document_says() -> None:
    need_images()
    text = (REPOSITORY / "docs/DOCKER.md").read_text(encoding="utf-8")
    said = {name: int(size) for name, size in re.findall(r"^\| ([a-z-]+) \| (\d+) \|$", text, re.M)}
    base = size_of(OTHERS[0])
    found = {name: (size_of(f"ollama-observe/{name}:{TAG}") - base) / 1e6 for name in said}
    assert set(said) == set(TARGETS)
    assert found == {name: pytest.approx(size, rel=0.15, abs=3) for name, size in said.items()}


def size_of(image: str) -> int:
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def test_every_target_is_scraped_and_there_is_no_other(project: Project) -> None:
    jobs = ("proxy", "engine", "gpu-exporter", "dashboard", "prometheus")
    project.wait_for(f'count(up{{job=~"{"|".join(jobs)}"}} == 1)', len(jobs))
    assert project.targets() == {job: ["up"] for job in jobs}


def test_what_was_asked_is_counted_to_the_last_token(
    project: Project, answers: list[Answer]
) -> None:
    assert {answer.outcome for answer in answers} == {"ok"}
    labels = f'{{model="{MODEL}",routing="direct"}}'
    project.wait_for("sum(ollama_proxy_requests_total)", len(answers))
    generated = sum(answer.generated_tokens for answer in answers)
    assert generated > 0
    project.wait_for(f"ollama_proxy_generated_tokens_total{labels}", generated)
    prompted = sum(answer.prompt_tokens for answer in answers)
    project.wait_for(f"ollama_proxy_prompt_tokens_total{labels}", prompted)
    project.wait_for("sum(ollama_proxy_active_requests)", 0)


def test_the_exporter_reads_made_up_cards_and_the_engine_s_models(
    project: Project, answers: list[Answer]
) -> None:
    project.wait_for('count(gpu_info{vendor="demo"})', 2)
    project.wait_for("ollama_up", 1)
    project.wait_for(f'count(ollama_model_info{{model="{MODEL}"}})', 1)


def test_how_the_model_runs_is_seen_from_the_exporter_s_container(
    project: Project, answers: list[Answer]
) -> None:
    """The host's /proc has it, and the engine's user is the exporter's: what is set is, too."""
    model = f'model="{MODEL}",runner="engine"'
    project.wait_for(f"count(ollama_runner_config_info{{{model}}})", 1)
    project.wait_for(f'ollama_runner_parallel_slots{{model="{MODEL}"}}', 1)
    project.wait_for("ollama_settings_readable", 1)


def test_the_dashboard_shows_it(project: Project) -> None:
    with urllib.request.urlopen(project.url("dashboard"), timeout=10) as page:
        assert b"<title>" in page.read()


def test_logs_are_lines_of_json_and_hold_no_question(
    project: Project, answers: list[Answer]
) -> None:
    said = project.run("logs", "--no-log-prefix", "proxy", "engine", "dashboard")
    assert QUESTION not in said
    assert [line for line in said.splitlines() if not line.startswith("{")] == []
    ended = [line for line in said.splitlines() if '"request_id"' in line]
    assert len(ended) >= len(answers)


@pytest.mark.parametrize("disturbed", [restarted_under_traffic, crashed_under_traffic])
def test_an_engine_that_goes_and_comes_back_costs_what_was_in_it(
    project: Project, answers: list[Answer], disturbed: Callable[[Project, str, str], Restart]
) -> None:
    restart = disturbed(project, "engine", MODEL)
    assert set(restart.later()) <= {"ok", "status 502"}
    others = [one for one in restart.lost() if one.outcome != "status 502"]
    assert len(others) <= CLIENTS
    assert restart.later()["ok"] > 0


@pytest.mark.parametrize("service", ["dashboard", "gpu-exporter-demo"])
def test_what_only_watches_costs_nothing_when_it_dies_and_is_started_again(
    project: Project, answers: list[Answer], service: str
) -> None:
    restart = crashed_under_traffic(project, service, MODEL)
    assert restart.lost() == []
    assert restart.later()["ok"] > 0


def test_stopped_parts_end_by_themselves_and_wait_for_no_idle_client(project: Project) -> None:
    """The last: nothing runs after it."""
    idle = http.client.HTTPConnection("127.0.0.1", project.ports["proxy"], timeout=10)
    idle.request("GET", "/api/version")
    idle.getresponse().read()
    begin = time.monotonic()
    project.run("stop")
    assert time.monotonic() - begin < STOPPED_WITHIN_SECONDS
    codes = {one["Name"]: one["State"]["ExitCode"] for one in project.inspect()}
    assert set(codes.values()) == {0}, codes
    idle.close()
