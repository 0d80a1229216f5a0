"""docs/CLIENTS.md: each example works where its client is at hand, and is well formed elsewhere.

Python is run where its packages are installed, and compiled where they are not. JavaScript is
parsed by node; YAML, TOML and JSON by what reads them. Commands are test_documents.py's.
"""

import asyncio
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
import yaml

from ollama_observe.service.settings import fields_of
from proxy.settings import ProxySettings
from tests.commands import Block, blocks
from tests.components import need
from tests.compose.files import mistakes_in
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.servers import running_proxy

BLOCKS = [block for block in blocks() if block.document == "docs/CLIENTS.md"]
MODEL = re.compile(r"smollm2:135m|qwen3-coder|gpt-oss:20b")
IMPORT = re.compile(r"^(?:from|import) (\S+)", re.MULTILINE)
WITHIN_SECONDS = 60.0


def of(language: str) -> list[Block]:
    found = [block for block in BLOCKS if block.language == language]
    assert found, language
    return found


def line_of(block: Block) -> str:
    return f"line {block.line}"


def packages(block: Block) -> set[str]:
    """What an example imports."""
    return {found.split(".")[0] for found in IMPORT.findall(block.text)}


def runnable() -> Iterator[Block]:
    for block in of("python"):
        if all(importlib.util.find_spec(name) for name in packages(block)):
            yield block


async def test_examples_in_python_get_an_answer_by_the_proxy() -> None:
    """All at once, each as a program of its own; the proxy has counted each."""
    found = list(runnable())
    assert {name for block in found for name in packages(block)} >= {
        "ollama",
        "openai",
        "anthropic",
    }
    async with (
        ScriptedServer(FakeOllama(Model())) as ollama,
        running_proxy(ollama.url) as proxy,
    ):
        said = await asyncio.gather(*(run(block, proxy.url) for block in found))
        answered = await proxy.value("ollama_proxy_requests_total", status="200")
        missing = await proxy.value("ollama_proxy_usage_missing_total")
    assert all(text.strip() for text in said)
    assert answered >= len(found)
    assert missing == 0


async def run(block: Block, url: str) -> str:
    text = block.text.replace("http://localhost:11435", url)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", text),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WITHIN_SECONDS):
        out, err = await child.communicate()
    assert child.returncode == 0, f"{line_of(block)}: {err.decode()}"
    return out.decode()


def test_the_others_in_python_are_python_for_a_proxy() -> None:
    for block in of("python"):
        compile(block.text, line_of(block), "exec")
        assert "localhost:11435" in block.text and MODEL.search(block.text), line_of(block)


@pytest.mark.parametrize("block", of("javascript"), ids=line_of)
def test_javascript_is_javascript(block: Block) -> None:
    need("node", shutil.which("node") is not None, "install the package nodejs")
    done = subprocess.run(
        ["node", "--input-type=module", "--check"],
        input=block.text,
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "localhost:11435" in block.text


def test_configurations_can_be_read_and_name_the_proxy() -> None:
    for block in of("json"):
        assert ":11435" in json.dumps(json.loads(block.text))
    for block in of("toml"):
        assert ":11435" in str(tomllib.loads(block.text))
    for block in of("yaml"):
        assert ":11435" in str(yaml.safe_load(block.text))


def test_the_service_for_compose_is_one() -> None:
    (text,) = (block.text for block in of("yaml") if block.text.startswith("services:"))
    assert mistakes_in(yaml.safe_load(text)) == []


def test_variables_are_written_as_env_files_are_and_ours_are_ours() -> None:
    ours = {row["variable"] for row in fields_of(ProxySettings)}
    for block in of("dotenv"):
        named = dict(line.split("=", 1) for line in block.text.splitlines())
        assert all(re.fullmatch(r"[A-Z_]+", name) for name in named)
        assert {name for name in named if name.startswith("PROXY_")} <= ours
