"""What a newcomer's machine may lack is a sentence with a remedy before anything is fetched.

The interpreter is made up: it has the version and the pip that a test gives it.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.places import REPOSITORY
from tests.components import need

PYTHON = """#!/bin/sh
case "$*" in
  *'sys.exit(not'*) exit {fits} ;;
  *'import venv'*) exit {venv} ;;
  *'%d.%d.%d'*) echo {version} ;;
  '-m venv .venv') mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *'pip --version'*) exit 0 ;;
  *'pip '*install*) echo "{said}" >&2; exit 1 ;;
  *) exit 1 ;;
esac
"""
PROGRAMS = (
    *(
        "make",
        "bash",
        "sh",
        "awk",
        "sed",
        "grep",
        "tail",
        "head",
        "cat",
        "rm",
        "cp",
        "mkdir",
        "uname",
    ),
    *("touch", "dirname", "tr", "df", "mktemp", "fold", "id"),
)
LIMIT = 100


@dataclass(frozen=True)
class Newcomer:
    """A clone that nothing was done in, on a machine that has what a shell needs."""

    folder: Path
    programs: Path

    def has_python(
        self, version: str = "3.13.1", fits: bool = True, venv: bool = True, said: str = ""
    ) -> None:
        """From now on there is one; its pip installs nothing, and says why."""
        text = PYTHON.format(version=version, fits=int(not fits), venv=int(not venv), said=said)
        path = self.programs / "python3"
        path.write_text(text)
        path.chmod(0o755)

    def replaces(self, name: str, script: str) -> None:
        """From now on a program of the machine's is this one."""
        program = self.programs / name
        program.unlink()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def make(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        like = self.folder.parent / "os-release"
        like.write_text('ID=ubuntu\nID_LIKE="debian"\n')
        own = {"PATH": str(self.programs), "RUNTIME": "local", "OS_RELEASE": str(like)}
        return subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env={"HOME": str(self.folder.parent), **own, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    need("make", shutil.which("make") is not None, "install make")
    folder = tmp_path / "a clone"
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    shutil.copy(REPOSITORY / "Makefile", folder)
    for name in ("requirements/local.txt", "pyproject.toml", "stack/pyproject.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("a==1 \\\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(str(shutil.which(name)))
    return Newcomer(folder, programs)


def no_python(newcomer: Newcomer) -> None:
    """There is none."""


def old_python(newcomer: Newcomer) -> None:
    newcomer.has_python("3.9.18", fits=False)


def no_venv(newcomer: Newcomer) -> None:
    newcomer.has_python("3.12.3", venv=False)


@pytest.mark.parametrize(
    ("lack", "why", "remedy"),
    [
        (
            no_python,
            "Python 3.11 to 3.14 is needed, found: none",
            "apt install python3 python3-venv",
        ),
        (old_python, "python3 is 3.9.18", "sudo apt install python3.11 python3.11-venv"),
        (no_venv, "cannot make virtual environments", "sudo apt install python3.12-venv"),
    ],
)
def test_a_python_that_will_not_do_is_said_by_start_and_validate_alike(
    newcomer: Newcomer, lack: Callable[[Newcomer], None], why: str, remedy: str
) -> None:
    lack(newcomer)
    started, looked = newcomer.make("start"), newcomer.make("validate")
    assert started.returncode == looked.returncode == 2
    assert why in started.stderr
    assert remedy in started.stderr
    assert " no " in looked.stdout
    # its columns break a long path anywhere
    said = "".join(looked.stdout.split())
    assert "".join(why.split()) in said
    assert "".join(remedy.split()) in said
    assert not (newcomer.folder / ".venv").exists()


def test_a_machine_that_has_what_it_takes_is_said_so_and_nothing_is_fetched(
    newcomer: Newcomer,
) -> None:
    newcomer.has_python()
    done = newcomer.make("validate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "python        yes  3.13.1" in done.stdout
    assert "docker        -    not asked: RUNTIME=local" in done.stdout
    assert "make install brings them" in done.stdout
    lines = [line for line in done.stdout.splitlines() if str(newcomer.folder) not in line]
    assert max(map(len, lines)) <= LIMIT
    assert not (newcomer.folder / ".venv").exists()


@pytest.mark.parametrize(
    "line",
    ["RUNTIME=local", 'export RUNTIME = "local" # mine', "RUNTIME='local' # I don't use Docker's"],
)
def test_a_runtime_of_the_file_is_heard_before_anything_is_set_up(
    newcomer: Newcomer, line: str
) -> None:
    newcomer.has_python()
    (newcomer.folder / ".env").write_text(f"{line}\n")
    done = newcomer.make("validate", RUNTIME="")
    assert "docker        -    not asked: RUNTIME=local" in done.stdout


def test_a_docker_that_is_asked_for_and_not_here_stops_a_start(newcomer: Newcomer) -> None:
    newcomer.has_python()
    done = newcomer.make("validate", RUNTIME="docker")
    assert done.returncode == 2
    assert "docker        no   is not here: RUNTIME=docker asks for containers" in done.stdout
    assert newcomer.make("validate", RUNTIME="").returncode == 0


def test_a_mac_without_a_set_up_is_told_of_processes(newcomer: Newcomer) -> None:
    newcomer.has_python()
    newcomer.replaces("uname", "echo Darwin")
    said = newcomer.make("validate", RUNTIME="").stdout
    assert "docker        -    not asked, containers of a Mac reach no GPU: the parts" in said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full: make room"),
        ("WARNING: Retrying: Temporary failure in name resolution", "is there a network?"),
        ("ERROR: [Errno 13] Permission denied: /x/.venv/lib", ".venv cannot be written"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "ERROR: THESE PACKAGES DO NOT MATCH"),
    ],
)
def test_what_pip_fails_of_comes_to_a_sentence_and_the_same_again_goes_on(
    newcomer: Newcomer, said: str, expected: str
) -> None:
    newcomer.has_python(said=said)
    done = newcomer.make("start")
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Retrying" not in done.stderr
    assert not list((newcomer.folder / ".venv").glob(".installed-*"))


def test_a_disk_that_is_too_small_is_known_before_anything_is_fetched(newcomer: Newcomer) -> None:
    newcomer.has_python()
    newcomer.replaces("df", "echo head\necho 'tmpfs 61440 20000 40960 33% /small'")
    started, looked = newcomer.make("start"), newcomer.make("validate")
    assert started.stderr.startswith("40 MB are free here, the packages take 500 MB: make room")
    assert "disk          no   40 MB are free here, a start needs 1100 MB" in looked.stdout
    assert not (newcomer.folder / ".venv").exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write what has no such mode")
def test_a_clone_that_cannot_be_written_is_said_so(newcomer: Newcomer) -> None:
    newcomer.has_python()
    newcomer.folder.chmod(0o500)
    started, looked = newcomer.make("start"), newcomer.make("validate")
    newcomer.folder.chmod(0o700)
    assert "cannot be written: clone it again, into a folder of yours" in started.stderr
    assert looked.returncode == 2


@pytest.mark.parametrize(
    ("word", "meant"),
    [("strat", "start"), ("vaildate", "validate"), ("traffic-quik", "traffic-quick")],
)
def test_a_verb_that_is_nearly_right_is_put_right(
    newcomer: Newcomer, word: str, meant: str
) -> None:
    done = newcomer.make(word)
    assert done.returncode == 2
    assert done.stderr.startswith(f"no verb is called {word}, did you mean make {meant}?")


def test_a_verb_that_is_like_no_other_is_not_guessed(newcomer: Newcomer) -> None:
    said = newcomer.make("docker-start").stderr
    assert said.startswith("no verb is called docker-start: make alone prints them all\n")


def test_an_environment_that_was_moved_here_is_made_anew_by_the_next_start(
    newcomer: Newcomer,
) -> None:
    newcomer.has_python(said="ERROR: far enough")
    venv = newcomer.folder / ".venv"
    (venv / "bin").mkdir(parents=True)
    shutil.copy(newcomer.programs / "python3", venv / "bin/python")
    (venv / "pyvenv.cfg").write_text("command = /usr/bin/python3 -m venv /home/me/old/.venv\n")
    (venv / ".installed-local").touch()
    done = newcomer.make("start")
    assert ".venv was made at /home/me/old/.venv: made anew" in done.stdout
    assert not (venv / "pyvenv.cfg").exists()
