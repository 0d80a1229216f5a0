"""Docker Compose, asked and told about one project.

All that it is to know comes by its environment: `.env` was read by us, as it stands, and what the
operator says wins over what was chosen.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from stack.docker.engine import carried_out, output_of
from stack.request import Request
from stack.variables import OF_MAKE

NAME = "ollama-observe"
"""The project's name where COMPOSE_PROJECT_NAME says no other: compose.yaml has it, too."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project: its name, the checkout, and the variables of every command about it."""

    name: str
    folder: Path
    environment: Mapping[str, str]

    def with_variables(self, more: Mapping[str, str]) -> "Project":
        """The same, told more."""
        return replace(self, environment={**self.environment, **more})

    def command(self, *words: str) -> list[str]:
        """What is run in the checkout."""
        own = ("-p", self.name, "--project-directory", str(self.folder))
        return ["docker", "compose", *own, "--env-file", os.devnull, *words]

    def asked(self, *words: str) -> str | None:
        """What a command that only looks prints; None where it fails."""
        return output_of(self.command(*words), self.environment, self.folder)

    def told(self, *words: str) -> int:
        """Carry out a command before the operator's eyes; its exit code."""
        return subprocess.run(
            self.command(*words), cwd=self.folder, env=dict(self.environment), check=False
        ).returncode

    def logged(self, log: Path, *words: str) -> tuple[int, str]:
        """Carry out a command with its words in a log; its exit code, and the words."""
        code, said = carried_out(self.command(*words), self.environment, self.folder)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ docker compose {' '.join(words)}\n{said}")
        return code, said

    def become(self, *words: str) -> NoReturn:
        """Carry out a command in place of this process."""
        os.chdir(self.folder)
        command = self.command(*words)
        os.execvpe(command[0], command, dict(self.environment))


def project_of(request: Request) -> Project:
    """The project of this checkout, with what the operator says and nothing that was chosen."""
    given = {
        name: value for name, value in request.variables.items() if value and name not in OF_MAKE
    }
    if "PROXY_DRAIN_SECONDS" in given:  # Compose takes fewer forms of a number than we do
        given["PROXY_DRAIN_SECONDS"] = f"{request.settings.proxy_drain_seconds:g}"
    name = request.variables.get("COMPOSE_PROJECT_NAME") or NAME
    return Project(name, request.places.repository, given)
