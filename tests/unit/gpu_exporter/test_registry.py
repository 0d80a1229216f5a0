"""Which collectors there are: each metric has one, and each collector a thread."""

from collections import Counter

from gpu_exporter import watch
from gpu_exporter.collectors.energy import Energy
from gpu_exporter.collectors.gpu_cards import GpuCards
from gpu_exporter.collectors.gpu_processes import GpuProcesses
from gpu_exporter.collectors.host_rapl import HostRapl
from gpu_exporter.collectors.ollama_configuration import OllamaConfiguration
from gpu_exporter.collectors.ollama_headroom import OllamaHeadroom
from gpu_exporter.collectors.ollama_server import OllamaServer
from gpu_exporter.registry import ALL, NAMES, lanes, mistake_in, stale_after
from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import energy, exporter
from tests.exporters import context_of

OWN = {
    *(exporter.BUILD_INFO, exporter.GPU_COUNT, exporter.NVML_RETURN_CODE),
    *(energy.PUE, energy.ENERGY_PRICE, energy.CARBON_INTENSITY),
    *(energy.HARDWARE_PRICE, energy.API_PRICE),
    *watch.METRICS,
}
"""What the exporter says of itself, and of what the operator named (app.py)."""


def published() -> Counter[str]:
    context = context_of()
    collectors = [making(context) for lane in ALL.values() for making in lane]
    return Counter(metric.name for one in collectors for metric in one.metrics)


def test_nobody_publishes_what_another_does() -> None:
    found = published()
    assert [name for name, count in found.items() if count > 1] == []
    assert not set(found) & {metric.name for metric in OWN}


def test_all_that_the_catalogue_promises_is_published_and_nothing_else() -> None:
    expected = {metric.name for metric in catalogue.EXPORTER}
    assert set(published()) | {metric.name for metric in OWN} == expected


def test_no_two_collectors_have_one_name() -> None:
    assert len(set(NAMES)) == len(NAMES) == 15


def test_what_one_leaves_for_the_next_is_there_in_time() -> None:
    assert ALL["gpu"].index(GpuCards) < ALL["gpu"].index(GpuProcesses)
    assert ALL["ollama"].index(OllamaServer) < ALL["ollama"].index(OllamaConfiguration)
    assert ALL["ollama"].index(OllamaConfiguration) < ALL["ollama"].index(OllamaHeadroom)


def test_a_proxy_that_holds_up_who_asks_it_does_not_hold_up_the_counters_of_the_cpu() -> None:
    made = lanes(context_of())
    assert [watch.name for watch in made[0].watches] == ["host_rapl"]
    energy_lane = next(lane for lane in made if lane.name == "energy")
    assert [watch.name for watch in energy_lane.watches] == ["energy"]
    assert ALL["rapl"] == (HostRapl,) and ALL["energy"] == (Energy,)


def test_what_the_cpu_used_is_read_as_often_as_the_cards() -> None:
    made = lanes(context_of(gpu_interval_seconds=2.0, host_interval_seconds=50.0))
    intervals = {lane.name: lane._interval_seconds for lane in made}
    assert intervals["rapl"] == intervals["gpu"] == intervals["energy"] == 2.0


def test_what_is_left_out_has_no_watch() -> None:
    made = lanes(context_of(without="host_cpu, gpu"))
    names = [one.name for lane in made for one in lane.watches]
    assert sorted(names) == sorted(set(NAMES) - {"host_cpu", "gpu"})


def test_a_lane_without_collectors_is_no_thread() -> None:
    made = lanes(context_of(without=",".join(made.name for made in ALL["ollama"])))
    assert [lane.name for lane in made] == ["rapl", "gpu", "energy", "host", "filesystem"]


def test_a_name_that_no_collector_has_is_found() -> None:
    said = mistake_in(context_of(without="host_cpu,host_gpu, rapl ,").settings)
    assert said is not None
    assert said.startswith("GPU_EXPORTER_WITHOUT: no collector is called 'host_gpu'; there are ")
    assert mistake_in(context_of(without="host_cpu ,").settings) is None
    assert mistake_in(context_of().settings) is None


def test_what_is_read_often_is_old_after_half_a_minute_and_else_after_ten_intervals() -> None:
    assert (stale_after(1.0), stale_after(60.0)) == (30.0, 600.0)
