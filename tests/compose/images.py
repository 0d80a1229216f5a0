"""The images that live tests run: built once a session, under a tag of this checkout's own."""

import hashlib
import subprocess
from functools import cache

from stack.places import REPOSITORY
from tests.containers import need_image

PREFIX = "ollama-observe"
TAG = f"test-{hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:8]}"
STAND_IN = f"{PREFIX}/ollama-stand-in:{TAG}"
OTHERS = ("python:3.13-slim", "prom/prometheus:v3.5.3", "portkeyai/gateway:1.15.2")
"""Those that no build makes."""
TARGETS = ("proxy", "front", "gpu-exporter", "dashboard", "traffic", "engine")

_WITHIN_SECONDS = 900.0


def need_images() -> None:
    """Build ours; skip where no engine has the others."""
    for image in OTHERS:
        need_image(image)
    _build()


def docker(*words: str, said: str | None = None) -> str:
    """What a command of Docker's says, told `said`. Raises: AssertionError, with what it said."""
    done = subprocess.run(
        ["docker", *words],
        cwd=REPOSITORY,
        input=said,
        capture_output=True,
        text=True,
        timeout=_WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"docker {' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def remove_images() -> None:
    """Those under our tag that no container uses; the engine keeps what they were built of."""
    if not _build.cache_info().currsize:
        return
    where, form = f"reference={PREFIX}/*:{TAG}", "{{.Repository}}:{{.Tag}}"
    names = docker("images", "--filter", where, "--format", form).split()
    subprocess.run(["docker", "image", "rm", *names], capture_output=True, check=False)


@cache
def _build() -> None:
    for target in TARGETS:
        docker("build", "--quiet", "--target", target, "--tag", f"{PREFIX}/{target}:{TAG}", ".")
    stand_in = "tests/compose/stand_ins/ollama/Dockerfile"
    proxy = f"PROXY={PREFIX}/proxy:{TAG}"
    docker("build", "--quiet", "--file", stand_in, "--build-arg", proxy, "--tag", STAND_IN, ".")
