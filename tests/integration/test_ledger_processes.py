"""A ledger between processes: read while its owner writes, and whole after a SIGKILL."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.memory import Memory
from ollama_observe.metrics.metric import Metric
from ollama_observe.metrics.view import LedgerView

CEILING_SECONDS = 20
TRACES = ("a" * 32, "b" * 32)

# Counts in a fixed order for ever, opens a series a round, and says how far it is.
OWNER = """
import os, sys
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.memory import Memory

ledger = Ledger(m.METRICS, Memory.attached(int(sys.argv[1])))
ledger.put(m.INFLIGHT_PHASE, 1, ("waiting", "direct"))
page = ledger.page({"model": "a", "routing": "direct"})
counted = 0
while True:
    counted += 1
    ledger.add(m.PROMPT_TOKENS, 1, ("a", "direct"))
    page.observe(m.TTFT, 0.25, "ab"[counted % 2] * 32)
    ledger.add(m.GENERATED_TOKENS, 1, (str(counted % 20000), "direct"))
    if counted % 50 == 0:
        os.write(1, b"%d\\n" % counted)
"""


@dataclass(slots=True)
class Owner:
    """A process that counts, and what of it is readable."""

    child: subprocess.Popen[bytes]
    memory: Memory

    def said(self) -> int:
        """The next count that it says it has reached."""
        assert self.child.stdout is not None
        return int(self.child.stdout.readline())

    def kill(self) -> int:
        """End it at no instant of its choosing; the last count that it had said."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(CEILING_SECONDS)
        assert self.child.stdout is not None
        *whole, _ = self.child.stdout.read().split(b"\n")
        return int(whole[-1]) if whole else 0


@contextlib.contextmanager
def owner() -> Iterator[Owner]:
    memory = Memory.shared()
    child = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(memory.descriptor)],
        pass_fds=[memory.descriptor],
        stdout=subprocess.PIPE,
    )
    with child:
        try:
            yield Owner(child, memory)
        finally:
            child.kill()
    memory.close()


def total(view: LedgerView, metric: Metric) -> float:
    return sum(series.numbers[0] for series in view.series() if series.metric is metric)


def test_a_reader_sees_values_rise_while_the_owner_writes() -> None:
    with owner() as process:
        view = LedgerView(m.METRICS, process.memory)
        before, end = 0.0, time.perf_counter() + CEILING_SECONDS
        while before < 30_000:
            floor = process.said()
            now = total(view, m.PROMPT_TOKENS)
            assert now >= max(before, floor)
            before = now
            assert time.perf_counter() < end
            for series in view.series():
                assert all(number >= 0 for number in series.numbers)
                assert {x.trace_id for x in series.exemplars if x} <= set(TRACES)


@pytest.mark.parametrize("rounds", [1, 2, 7, 40, 120, 300])
def test_all_that_was_counted_is_there_after_a_kill_in_mid_write(rounds: int) -> None:
    with owner() as process:
        said = [process.said() for _ in range(rounds)][-1]
        said = max(said, process.kill())
        found = list(LedgerView(m.METRICS, process.memory).series())
    prompts = [series for series in found if series.metric is m.PROMPT_TOKENS]
    histograms = [series for series in found if series.metric is m.TTFT]
    generated = [series for series in found if series.metric is m.GENERATED_TOKENS]
    counted = prompts[0].numbers[0]
    assert counted >= said
    (histogram,) = histograms
    assert counted - sum(histogram.numbers[1:]) in (0, 1)
    assert sum(histogram.numbers[1:]) - histogram.numbers[0] / 0.25 in (0, -1)
    assert counted - sum(series.numbers[0] for series in generated) in (0, 1)
    names = [series.labels[0] for series in generated]
    assert names == [str(n % 20000) for n in range(1, len(names) + 1)]


def test_the_sums_over_workers_do_not_fall_when_one_is_killed_and_replaced() -> None:
    collector = LedgerCollector(m.METRICS)
    registry = CollectorRegistry()
    registry.register(collector)
    prompts = {"model": "a", "routing": "direct"}

    def scraped() -> float:
        return registry.get_sample_value(m.PROMPT_TOKENS.name, prompts) or 0.0

    def in_flight() -> float | None:
        labels = {"phase": "waiting", "routing": "direct"}
        return registry.get_sample_value(m.INFLIGHT_PHASE.name, labels)

    with owner() as stays, owner() as dies:
        for process in (stays, dies):
            collector.include(process.memory)
            process.said()
        before = scraped()
        assert in_flight() == 2
        last = dies.kill()
        collector.retire(dies.memory)
        assert scraped() >= max(before, last)
        assert in_flight() == 1
        with owner() as fresh:
            collector.include(fresh.memory)
            floor = scraped()
            fresh.said()
            assert scraped() >= floor + 50
            assert in_flight() == 2
            stays.kill()
            fresh.kill()
            parts = [LedgerView(m.METRICS, x.memory) for x in (stays, dies, fresh)]
            assert scraped() == sum(total(view, m.PROMPT_TOKENS) for view in parts)


def test_a_process_that_was_handed_something_else_says_so() -> None:
    with Path(os.devnull).open("rb") as other:
        done = subprocess.run(
            [sys.executable, "-c", OWNER, str(other.fileno())],
            pass_fds=[other.fileno()],
            capture_output=True,
            check=False,
        )
    assert b"is no memory of metrics" in done.stderr
