"""The tree is as the drawing says: rooms, tests that mirror them, directions of import."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MEMBERS = sorted(
    path.parent
    for pattern in ("libs/*/pyproject.toml", "services/*/pyproject.toml", "stack/pyproject.toml")
    for path in REPOSITORY.glob(pattern)
)

# Proven by integration tests alone, each for a reason. This list may only shrink.
WITHOUT_UNIT_TEST = {
    "engine/app.py": "wiring; test_engine_captures.py asks every route of a real process",
    "proxy/app.py": "wiring; test_processes.py asks every endpoint of a real process",
    "proxy/worker.py": "needs its parent; test_workers.py runs both",
}

DISTRIBUTIONS = packages_distributions()

# Imported beside the library that is made of them, at whatever version it asks for.
PARTS_OF = {
    "protobuf": "opentelemetry-proto",
    "pydantic": "fastapi and pydantic-settings",
    "pydantic-core": "pydantic",
    "starlette": "fastapi",
}


def sources() -> list[tuple[str, Path]]:
    return [
        (str(path.relative_to(member / "src")), path)
        for member in MEMBERS
        for path in sorted((member / "src").rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
    ]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_room_has_its_papers(member: Path) -> None:
    assert (member / "README.md").read_text(encoding="utf-8").count("\n") > 10
    project = tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == member.name
    assert project["classifiers"] == ["Private :: Do Not Upload"]
    assert (member / "src" / member.name.replace("-", "_") / "__init__.py").is_file()


@pytest.mark.parametrize("module", [name for name, _ in sources()])
def test_a_module_has_the_test_file_of_its_name(module: str) -> None:
    path = Path(module)
    test = REPOSITORY / "tests" / "unit" / path.parent / f"test_{path.name}"
    assert test.is_file() != (module in WITHOUT_UNIT_TEST)


def test_the_list_of_exceptions_names_only_modules_that_exist() -> None:
    assert set(WITHOUT_UNIT_TEST) <= {name for name, _ in sources()}


def test_every_unit_test_is_about_a_module() -> None:
    unit = REPOSITORY / "tests" / "unit"
    named = {
        str(path.parent.relative_to(unit) / path.name.removeprefix("test_"))
        for path in unit.rglob("test_*.py")
    }
    assert named <= {name for name, _ in sources()}


def test_imports_go_in_the_directions_of_the_drawing() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_room_declares_what_it_imports(member: Path) -> None:
    """So that nothing is there by the grace of another package, which may do without it."""
    found = {
        line.split()[1].split(".")[0]
        for path in (member / "src").rglob("*.py")
        for line in imports(path.read_text(encoding="utf-8"))
    }
    shared = declared(REPOSITORY / "libs" / "ollama-observe")
    may = {member.name, *PARTS_OF, *declared(member), *shared}
    # a name may be several distributions', each of which brings a part of it
    owners = {name: DISTRIBUTIONS[name] for name in found if name in DISTRIBUTIONS}
    assert [name for name, those in owners.items() if may.isdisjoint(map(normal, those))] == []


def normal(distribution: str) -> str:
    """A distribution's name, however it is spelled."""
    return distribution.lower().replace("_", "-")


def declared(member: Path) -> set[str]:
    """The names of a room's dependencies."""
    project = tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[^a-z0-9-]", line.lower())[0] for line in project["dependencies"]}


def test_nothing_that_ships_knows_the_fakes() -> None:
    for name, path in sources():
        text = path.read_text(encoding="utf-8")
        assert "tests" not in [line.split()[1].split(".")[0] for line in imports(text)], name


def test_the_fakes_know_nothing_of_ours_but_the_wire() -> None:
    ours = ("ollama_observe", "proxy", "engine", "traffic", "gpu_exporter", "dashboard", "stack")
    for path in (REPOSITORY / "tests" / "fakes").rglob("*.py"):
        named = [line.split()[1] for line in imports(path.read_text(encoding="utf-8"))]
        inside = [name for name in named if name.split(".")[0] in ours]
        assert [name for name in inside if not name.startswith("ollama_observe.wire")] == []


def imports(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("import ", "from "))]
