"""The Compose files as they are written, and as Compose itself reads them together."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib.resources import files as resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from stack.places import REPOSITORY
from tests.components import need

BASE, GPU, AMD, HOST = (
    *("compose.yaml", "compose.gpu.yaml", "compose.amd.yaml"),
    "compose.host-ollama.yaml",
)
SWARM = "compose.swarm.yaml"
SETTINGS = "compose.settings.yaml"
OVERRIDES = (GPU, AMD, HOST, SETTINGS)
PROFILES = ("portkey", "stress", "engine", "demo")
OURS = ("proxy", "front", "gpu-exporter", "dashboard", "traffic", "engine")
"""What the Dockerfile has a target for."""

_WITHIN_SECONDS = 60.0


class _Loader(yaml.SafeLoader):
    """Knows Compose's own tags, which say how files are merged."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return None


_Loader.add_multi_constructor("!", _untagged)


def written(name: str) -> Any:
    """One file, its anchors resolved."""
    return yaml.load((REPOSITORY / name).read_text(encoding="utf-8"), _Loader)


def mistakes_in(composition: Any) -> list[str]:
    """What the Compose specification has against it."""
    folder = resources("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text(encoding="utf-8"))
    validator = validator_for(schema, Draft202012Validator)(schema)
    return [error.message for error in validator.iter_errors(composition)]


def need_compose() -> None:
    """Skip where Compose is not installed; no engine is asked."""
    need("docker", _has_compose(), "install Docker's client with Compose v2")


def read(
    files: Iterable[str] = (BASE,), profiles: Iterable[str] = (), **variables: str
) -> dict[str, Any]:
    """What Compose makes of files and profiles; a warning is a failure."""
    words = [word for name in files for word in ("--file", str(REPOSITORY / name))]
    words += [word for name in profiles for word in ("--profile", name)]
    done = subprocess.run(
        # an empty file in place of the operator's .env
        ["docker", "compose", "--env-file", os.devnull, *words, "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], "HOME": str(REPOSITORY)} | variables,  # noqa: TID251
        capture_output=True,
        text=True,
        timeout=_WITHIN_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@cache
def _has_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    command = ["docker", "compose", "version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
