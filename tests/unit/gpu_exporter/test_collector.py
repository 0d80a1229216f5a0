"""Every collector there is keeps to what a collector is."""

import pytest

from gpu_exporter.registry import ALL, CollectorClass
from ollama_observe.metrics.metric import Metric
from tests.exporters import ScriptedBackend, context_of

COLLECTORS = [making for lane in ALL.values() for making in lane]


@pytest.mark.parametrize("making", COLLECTORS, ids=lambda making: making.name)
def test_it_is_made_with_a_context_and_has_read_nothing_by_then(making: CollectorClass) -> None:
    context = context_of(ScriptedBackend("nvml", RuntimeError("read too early")))
    collector = making(context)
    assert collector.name == making.name
    assert (context.board.gpus, context.board.loaded, context.board.joules) == (None, None, {})


@pytest.mark.parametrize("making", COLLECTORS, ids=lambda making: making.name)
def test_it_names_what_it_publishes(making: CollectorClass) -> None:
    metrics = making(context_of()).metrics
    assert metrics
    assert all(isinstance(metric, Metric) for metric in metrics)
    assert len(set(metrics)) == len(metrics)
