"""The locks are whole, hold what the members ask for, and carry no address."""

import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LOCKS = sorted((REPOSITORY / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)")
LIBRARY = "libs/ollama-observe"
MEMBERS = (
    LIBRARY,
    *(f"services/{name}" for name in ("proxy", "engine", "traffic", "gpu-exporter", "dashboard")),
    "stack",
)
# Each lock, and the members whose needs it holds.
HELD = {
    "proxy": (LIBRARY, "services/proxy"),
    "engine": (LIBRARY, "services/engine"),
    "traffic": (LIBRARY, "services/traffic"),
    "gpu-exporter": (LIBRARY, "services/gpu-exporter"),
    "dashboard": (LIBRARY, "services/dashboard"),
    "docker": (LIBRARY, "stack"),
    "build": (),
    "locust": (LIBRARY, "services/traffic"),
    "local": MEMBERS,
    "dev": MEMBERS,
}


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in (REPOSITORY / "requirements" / f"{name}.txt").read_text().splitlines():
        if match := PINNED.match(line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def asked(member: str) -> list[str]:
    project = tomllib.loads((REPOSITORY / member / "pyproject.toml").read_text())["project"]
    return [name for name in project["dependencies"] if name != "ollama-observe"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_requirement_is_pinned_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", "\n" + lock.read_text())[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert [entry for entry in entries if not PINNED.match(entry)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_names_no_address(lock: Path) -> None:
    assert not re.search(r"://|index-url|@ ", lock.read_text())


@pytest.mark.parametrize("lock", HELD)
def test_a_lock_holds_what_its_members_ask_for(lock: str) -> None:
    held = pins(lock)
    for member in HELD[lock]:
        for need in asked(member):
            name, _, version = need.partition("==")
            assert version, f"{member} asks for {need} without a version: make lock needs one"
            name = re.split(r"[\[;]", name)[0].strip()
            assert version.partition(";")[0] in held.get(name, set()), f"{need}: make lock"


def test_every_lock_agrees_with_the_development_lock() -> None:
    dev = pins("dev")
    for name in HELD:
        for package, versions in pins(name).items():
            assert versions <= dev[package], f"{package} in {name}"


def test_every_dependency_says_why_it_is_there() -> None:
    for member in dict.fromkeys(member for members in HELD.values() for member in members):
        text = (REPOSITORY / member / "pyproject.toml").read_text()
        for line in re.findall(r'^  "[^"]+",.*$', text, re.MULTILINE):
            assert '"ollama-observe"' in line or "  # " in line, f"{member}: {line}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_nvidias_binding_is_nvidias_own(lock: Path) -> None:
    # the distribution called pynvml is a shim that warns at its import
    assert "pynvml" not in pins(lock.stem)
