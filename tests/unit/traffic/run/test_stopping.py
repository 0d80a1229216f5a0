"""The first signal ends the work and leaves a report; the second does not wait for it."""

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, os, sys
from ollama_observe.service.loops import loop_factory
from traffic.run.stopping import Stop

async def work(number):
    with Stop() as stop:
        try:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("left", flush=True)
            if sys.argv[2] == "twice, in the loop":
                os.kill(os.getpid(), number)
                await asyncio.sleep(60)
    return stop.code

number = int(sys.argv[1])
with asyncio.Runner(loop_factory=loop_factory()) as runner:
    code = runner.run(work(number))
print("reported", flush=True)
if sys.argv[2] == "twice, after it":
    os.kill(os.getpid(), number)
    print("never", flush=True)
sys.exit(code)
"""


def done(number: signal.Signals, how_often: str) -> tuple[int, list[str], str]:
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(int(number)), how_often],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return found.returncode, found.stdout.splitlines(), found.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_the_first_signal_there_is_a_report(number: signal.Signals) -> None:
    assert done(number, "once") == (128 + number, ["left", "reported"], "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("when", "said"),
    [("twice, in the loop", ["left"]), ("twice, after it", ["left", "reported"])],
)
def test_a_second_signal_ends_all_at_once(
    number: signal.Signals, when: str, said: list[str]
) -> None:
    assert done(number, when) == (128 + number, said, "")


HOLDING = """
import os, signal, sys
from traffic.run.stopping import Held

number, times = int(sys.argv[1]), int(sys.argv[2])
with Held() as held:
    for _ in range(times):
        os.kill(os.getpid(), number)
    print("written", flush=True)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
sys.exit(held.code)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("times", "said"), [(1, "written\n"), (2, "")])
def test_while_it_is_held_the_first_signal_waits_and_the_second_does_not(
    number: signal.Signals, times: int, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOLDING, str(int(number)), str(times)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, said, "")


def test_without_a_signal_the_process_is_left_as_it_was() -> None:
    script = """
import asyncio, signal
from traffic.run.stopping import Stop
async def work():
    with Stop() as stop:
        return stop.code
assert asyncio.run(work()) is None
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
