"""Each command of a document is run by a test, or cannot be; what is no command can be read."""

import ast
import json
import os
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ollama_observe.metrics.catalogue import proxy as metrics
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.memory import Memory
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from stack.places import REPOSITORY
from tests import documented
from tests.commands import (
    SHELL,
    Block,
    Command,
    blocks,
    blocks_of,
    commands,
    commands_of,
    documents,
    verbs_in_prose,
)
from tests.components import need
from tests.variables import variables

MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
RECIPES = set(re.findall(r"^([a-z][a-z-]*):.*## ", MAKEFILE, re.MULTILINE))
TOLD = set(re.findall(r"\$[({]+([A-Z_]+)", MAKEFILE)) | {"HOST", "NAME", "PYTHON"}
"""Variables that recipes and their scripts read; NAME stands for any."""
READ: dict[str, Callable[[str], object]] = {
    "json": lambda text: [json.loads(part) for part in _documents(text)],
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "python": ast.parse,
}
LANGUAGES = {*SHELL, *READ, "text", "promql", "dotenv", "javascript"}
LOOKS_LIKE_A_COMMAND = re.compile(r"^(?:\$ )?(?:make|curl|docker|pip|git|sudo) ", re.M)
TABLES = {**documented.ELSEWHERE, **documented.VERBS}
LIBRARY: dict[str, Any] = {
    "Framing": Framing,
    "Ledger": Ledger,
    "LedgerCollector": LedgerCollector,
    "Memory": Memory,
    "StreamMeter": StreamMeter,
    "endpoint_of": endpoint_of,
    "proxy": metrics,
}
"""What the README of the library names without saying where it is from."""
OURS = ("PROXY_", "ENGINE_", "GPU_EXPORTER_", "DASHBOARD_", "TRAFFIC_", "PROMETHEUS_", "SLO_")


def _documents(text: str) -> list[str]:
    """One document, or one a line."""
    return [text] if text.startswith("{\n") or "\n " in text else text.splitlines()


def _id(block: Block | Command) -> str:
    return f"{block.document}:{block.line}"


def test_commands_are_found_as_a_shell_reads_them() -> None:
    text = (
        '```sh\nA=1 \\\n  b   # why\n\nf() {\n  c\n}\n```\n\n```console\n$ d "x\n$ y"\nsaid\n```\n'
    )
    shell, console = blocks_of("X.md", text)
    found = [command.words for command in commands_of(shell)]
    assert (shell.line, found) == (2, ["A=1 b", "f() { c }"])
    assert [command.text for command in commands_of(console)] == ['d "x\ny"']


def test_what_ends_too_early_is_found() -> None:
    with pytest.raises(AssertionError, match=r"X\.md:3: no shell reads"):
        list(commands_of(Block("X.md", 3, "sh", "echo 'a")))
    with pytest.raises(AssertionError, match="has no end"):
        list(blocks_of("X.md", "```sh\na\n"))


@pytest.mark.parametrize("table", ["ELSEWHERE", "NOT_HERE", "SAYS", "INSTEAD"])
def test_a_table_names_only_commands_that_documents_show(table: str) -> None:
    shown = [command.words for command in commands()]
    is_within = table == "INSTEAD"
    left = [
        entry
        for entry in getattr(documented, table)
        if not any(entry in words if is_within else words.startswith(entry) for words in shown)
    ]
    assert left == []


@pytest.mark.parametrize("entry", TABLES)
def test_a_test_that_runs_a_command_is_there_and_is_not_skipped_whatever_is_there(
    entry: str,
) -> None:
    found = TABLES[entry]
    file, _, name = found.test.partition("::")
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    tests = [each for each in ast.walk(ast.parse(text)) if getattr(each, "name", "") == name]
    assert len(tests) == 1
    marks = [ast.unparse(mark) for mark in getattr(tests[0], "decorator_list", [])]
    assert not any(mark.startswith("pytest.mark.skip(") for mark in marks)
    assert "pytestmark = pytest.mark.skip" not in text
    assert found.words in (REPOSITORY / (found.file or file)).read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(RECIPES))
def test_a_verb_that_a_document_names_is_run(verb: str) -> None:
    run = {words[1] for each in commands() if (words := each.words.split())[0] == "make"}
    assert verb in run | set(documented.VERBS) | set(documented.VERBS_NOT_HERE)


@pytest.mark.parametrize("verb", sorted(RECIPES - {"help"}))
def test_each_verb_is_in_some_document(verb: str) -> None:
    named = [each.words for each in (*commands(), *verbs_in_prose())]
    told = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    assert any(f"make {verb}" in words for words in named) or f"`{verb}`" in told


def test_sentences_name_verbs_that_make_takes_with_variables_that_somebody_reads() -> None:
    need("make", shutil.which("make") is not None, "install make")
    known, script = variables() | TOLD, []
    for command in verbs_in_prose():
        names = set(re.findall(r"\b([A-Z][A-Z_]+)=", command.text))
        assert names <= known, f"{_id(command)}: {command.text}: {names - known}"
        text = command.text.replace(" ...", "").replace("=...", "=x")
        script.append(f"make --dry-run {text.removeprefix('make ')} >/dev/null")
    done = subprocess.run(
        ["bash", "-ec", "\n".join(script)],
        cwd=REPOSITORY,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks(), ids=_id)
def test_a_fence_says_what_is_in_it_and_that_can_be_read(block: Block) -> None:
    assert block.language in LANGUAGES
    if block.language in READ:
        READ[block.language](block.text)
    if block.language == "text":
        assert not LOOKS_LIKE_A_COMMAND.search(block.text), "a command: ```sh"


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "dotenv"], ids=_id)
def test_a_line_for_a_file_of_variables_is_one(block: Block) -> None:
    for line in block.text.splitlines():
        name, is_there, _ = line.partition("=")
        assert is_there and re.fullmatch(r"[A-Z][A-Z_]*", name)
        assert name in variables() or not name.startswith(OURS), "nobody reads it"


def test_what_the_library_shows_of_itself_runs() -> None:
    shown = [block for block in blocks() if block.document == "libs/ollama-observe/README.md"]
    meter, ledger = [block.text for block in shown if block.language == "python"]
    chunk = b'{"message":{"content":"Hi"},"done":true,"done_reason":"stop","eval_count":1}\n'
    told: dict[str, Any] = {"clock": time.perf_counter, "chunk": chunk, **LIBRARY}
    exec(meter, told)
    assert told["meter"].is_ended
    assert told["meter"].usage.generated_tokens == 1
    exec(ledger.replace("(descriptor)", "(memory.descriptor)"), told)
    found = {metric.name: metric for metric in told["collector"].collect()}
    sums = [s.value for s in found[metrics.TTFT.name].samples if s.name.endswith("_sum")]
    assert sums == [0.21]
