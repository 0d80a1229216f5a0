"""What containers are told and scraped by is what the services know and the template says."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts.containers import SERVICES, fixed_by_images, names_for, told_by_compose
from stack.places import REPOSITORY

COMPOSE = yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


HELD_BACK = {
    "proxy": (
        *("PROXY_HOST", "PROXY_PORT", "PROXY_CONTROL_HOST", "PROXY_CONTROL_PORT"),
        "PROXY_RETURN_LEG_HOST",
    ),
    "engine": ("ENGINE_HOST", "ENGINE_PORT", "ENGINE_LIBRARY_DIR", "ENGINE_MODELS_DIR"),
    "gpu-exporter": (
        *("GPU_EXPORTER_HOST", "GPU_EXPORTER_PORT", "GPU_EXPORTER_PROXY_URL"),
        *("GPU_EXPORTER_HOST_PROC", "GPU_EXPORTER_HOST_SYS", "GPU_EXPORTER_MODELS_DIR"),
    ),
    "traffic": (
        *("TRAFFIC_WORKER_HOST", "TRAFFIC_WORKER_PORT", "TRAFFIC_BASE_URL", "TRAFFIC_PORTKEY_URL"),
        *("TRAFFIC_QUESTIONS_DIRECTORY", "TRAFFIC_RESULTS_DIRECTORY"),
    ),
    "dashboard": (
        *("DASHBOARD_HOST", "DASHBOARD_PORT", "DASHBOARD_PROXY_URL", "DASHBOARD_TRAFFIC_URL"),
        "DASHBOARD_RUNBOOK_FILE",
    ),
}
"""What the files and images say themselves: addresses and ports inside, where the parts find one
another, and where things lie in an image."""
OTHERWISE = {
    "PROXY_OLLAMA_URL": "OLLAMA_URL",
    "GPU_EXPORTER_OLLAMA_URL": "OLLAMA_URL",
    "TRAFFIC_OLLAMA_URL": "OLLAMA_URL",
    "DASHBOARD_SCRAPE_INTERVAL_SECONDS": "PROMETHEUS_SCRAPE_INTERVAL_SECONDS",
    "DASHBOARD_SLO_SUCCESS_RATIO": "SLO_SUCCESS_RATIO",
    "DASHBOARD_SLO_TTFT_SECONDS": "SLO_TTFT_SECONDS",
    "DASHBOARD_SLO_TTFT_RATIO": "SLO_TTFT_RATIO",
    "DASHBOARD_SLO_DURATION_SECONDS": "SLO_DURATION_SECONDS",
}
"""What another variable, which means the same to several, is told by."""


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    script = str(REPOSITORY / "scripts" / "containers.py")
    command = [sys.executable, script, *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_generated_files_are_in_step_with_the_code() -> None:
    done = run("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_flag_rewrites_nothing() -> None:
    done = run("--chek")
    assert done.returncode == 2
    assert "usage: containers.py [-h] [--check]" in done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_knows_every_variable_that_compose_and_its_image_set(service: str) -> None:
    cls = SERVICES[service]
    prefix = str(cls.model_config.get("env_prefix"))
    known = set(names_for(cls, set()))
    set_by_image = {name for name in fixed_by_images(DOCKERFILE) if name.startswith(prefix)}
    assert told_by_compose(COMPOSE, service) | set_by_image <= known
    assert f"{prefix}HOST" in set_by_image or f"{prefix}WORKER_HOST" in set_by_image


@pytest.mark.parametrize("service", SERVICES)
def test_a_variable_that_means_the_host_s_side_never_reaches_a_container(service: str) -> None:
    listed = Path(REPOSITORY / "docker/variables" / f"{service}.env").read_text(encoding="utf-8")
    prefix = str(SERVICES[service].model_config.get("env_prefix"))
    published = {f"{prefix}{name}" for name in ("HOST", "PORT", "CONTROL_HOST", "CONTROL_PORT")}
    assert published & set(listed.split()) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_other_variable_of_a_service_reaches_its_container(service: str) -> None:
    listed = Path(REPOSITORY / "docker/variables" / f"{service}.env").read_text(encoding="utf-8")
    composed = COMPOSE["services"][service]["environment"]
    read = {name for name, value in composed.items() if f"${{{name}" in str(value)}
    known = set(names_for(SERVICES[service], set()))
    assert known - set(listed.split()) - read == {*HELD_BACK[service]} | {
        name for name in OTHERWISE if name in composed
    }


def test_what_stands_for_another_variable_is_told_by_that() -> None:
    for service in SERVICES:
        composed = COMPOSE["services"][service]["environment"]
        for name in OTHERWISE.keys() & composed.keys():
            assert f"${{{OTHERWISE[name]}:-" in composed[name]


def test_every_list_of_variables_is_somebody_s() -> None:
    lists = {path.stem for path in (REPOSITORY / "docker/variables").iterdir()}
    used = {
        Path(file).stem
        for service in COMPOSE["services"].values()
        for file in service.get("env_file", ())
    }
    assert lists == used == {*SERVICES, "ollama"}
