"""The verbs before a Compose project of a test's own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.compose.projects import Project
from tests.stacks import Stack, not_the_operators


def told(project: Project) -> dict[str, str]:
    """The variables that set the project apart: its name, its ports, the images of tests."""
    assert project.compose.env_file
    lines = Path(project.compose.env_file[0]).read_text(encoding="utf-8").splitlines()
    return not_the_operators() | dict(line.split("=", 1) for line in lines)


@contextlib.contextmanager
def stack_of(project: Project, state: Path, **own: str) -> Iterator[Stack]:
    """A stack that is the project's; stopped at the end, with nothing left but by mistake."""
    chosen = {"RUNTIME": "auto", "STACK_STATE_DIR": str(state)}
    stack = Stack(state, told(project) | chosen | own)
    try:
        yield stack
    finally:
        stopped = stack.command("stop")
        project.run("--profile", "*", "down", "--volumes")
    assert stopped.returncode == 0, stopped.stderr
    assert project.left() == []
