"""A process has the fastest event loop that is here, without a web server being imported."""

import asyncio
import subprocess
import sys

import uvloop

from ollama_observe.service.loops import loop_factory


def test_the_loop_is_uvloops_where_it_is_installed() -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)


def test_it_is_asyncios_where_it_is_not() -> None:
    program = (
        "import asyncio, sys; sys.modules['uvloop'] = None;"
        "from ollama_observe.service.loops import loop_factory;"
        "assert loop_factory() is asyncio.new_event_loop;"
        "assert 'fastapi' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)
