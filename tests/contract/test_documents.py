"""The documents say what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ollama_observe.metrics import catalogue
from stack.places import REPOSITORY
from tests import migrations
from tests.commands import documents, name, verbs
from tests.rules import recording_rules

NAMED = re.compile(
    rf"\b(?:[a-z_]+:)?(?!ollama_observe|gpu_exporter)(?:{'|'.join(catalogue.PREFIXES)})"
    r"[a-z0-9_]+_(?:total|seconds|bytes|ratio|watts|celsius|hertz|hour|tokens|info|up)(?:_bucket|_sum|_count)?"
    r"(?::[a-z0-9_]+)?\b"
)
"""Whatever looks like one of our metrics: a prefix of ours, and the end of a metric's name."""
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
SUFFIXES = ("", "_bucket", "_sum", "_count")


def test_generated_passages_are_in_step_with_the_code() -> None:
    command = [sys.executable, str(REPOSITORY / "scripts" / "docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_flag_rewrites_nothing() -> None:
    command = [sys.executable, str(REPOSITORY / "scripts" / "docs.py"), "--chek"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: docs.py [-h] [--check]" in done.stderr


@pytest.mark.parametrize("path", documents(), ids=name)
def test_a_document_names_only_metrics_that_exist(path: Path) -> None:
    known = {metric.name + suffix for metric in catalogue.ALL for suffix in SUFFIXES}
    if path == migrations.DOCUMENT:
        known |= {old.name for move in migrations.moves() for old in move.olds}
    assert set(NAMED.findall(path.read_text(encoding="utf-8"))) <= known | set(recording_rules())


def test_the_exporter_s_readme_says_how_its_metrics_begin() -> None:
    text = (REPOSITORY / "services/gpu-exporter/README.md").read_text(encoding="utf-8")
    told = re.findall(r"`([a-z_]+_)\*`", text)
    names = [metric.name for metric in catalogue.EXPORTER]
    assert [name for name in names if not name.startswith(tuple(told))] == []
    assert [begin for begin in told if not any(name.startswith(begin) for name in names)] == []


@pytest.mark.parametrize("path", documents(), ids=name)
def test_a_document_links_only_to_what_is_there(path: Path) -> None:
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", documents(), ids=name)
def test_a_document_names_only_verbs_that_make_knows(path: Path) -> None:
    named = set(re.findall(r"(?:`|^\s*|\$ )make ([a-z][a-z-]*)", path.read_text(), re.MULTILINE))
    assert named <= verbs()
