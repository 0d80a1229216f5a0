"""Programs that come as container images, where the machine has an engine for them."""

import shlex
import subprocess
from pathlib import Path

from stack.places import REPOSITORY
from tests.components import need

PROMETHEUS_THREE = "prom/prometheus:v3.5.3"
_WITHIN_SECONDS = 60.0


def need_image(image: str) -> None:
    """Skip where no engine has the image."""
    need("docker", _has(image), f"start a Docker engine, then `docker pull {image}`")


def _has(image: str) -> bool:
    try:
        done = subprocess.run(
            ["docker", "image", "inspect", image],
            capture_output=True,
            timeout=_WITHIN_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


def command_in(image: str, program: str, *mounts: Path) -> list[str]:
    """What runs a program of an image as if it were one of this machine's.

    It has this machine's network; the folders `mounts` and the repository lie where they lie here.
    """
    folders = dict.fromkeys((REPOSITORY, *mounts))
    volumes = [word for folder in folders for word in ("--volume", f"{folder}:{folder}")]
    where = ["--network", "host", "--user", "0", *volumes, "--workdir", str(REPOSITORY)]
    return ["docker", "run", "--rm", *where, "--entrypoint", program, image]


def put_on_path(folder: Path, program: str, command: list[str]) -> None:
    """A program of that name in a folder for PATH, which runs the command with its arguments."""
    script = folder / program
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
