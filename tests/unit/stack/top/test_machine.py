import pytest

from stack.top.machine import MARK, Gpu, Host, Machine, Model, busy_ratio, machine_of, page_reader

PAGE = b"""\
exporter_build_info{version="0.1.0",python="3.11",backend="nvml"} 1.0
gpu_info{gpu="0",uuid="GPU-a",name="Card",vendor="nvidia"} 1.0
gpu_info{gpu="1",uuid="DEMO-1",name="Made up",vendor="demo"} 1.0
gpu_utilization_ratio{gpu="0",uuid="GPU-a"} 0.87
gpu_memory_used_bytes{gpu="0",uuid="GPU-a"} 5.0
gpu_memory_total_bytes{gpu="0",uuid="GPU-a"} 8.0
gpu_power_watts{gpu="0",uuid="GPU-a",kind="instant"} 310.0
gpu_power_watts{gpu="0",uuid="GPU-a",kind="average"} 300.0
gpu_power_watts{gpu="1",uuid="DEMO-1",kind="instant"} 50.0
gpu_temperature_celsius{gpu="0",uuid="GPU-a",sensor="memory"} 80.0
gpu_temperature_celsius{gpu="0",uuid="GPU-a",sensor="core"} 71.0
gpu_throttle_active{gpu="0",uuid="GPU-a",reason="power_cap"} 1.0
gpu_throttle_active{gpu="0",uuid="GPU-a",reason="idle"} 1.0
gpu_throttle_active{gpu="0",uuid="GPU-a",reason="hw_thermal"} 0.0
host_cpus 16.0
host_load{window="1m"} 1.5
host_load{window="5m"} 9.0
host_memory_used_bytes 21.0
host_memory_total_bytes 64.0
host_cpu_seconds_total{mode="idle"} 90.0
host_cpu_seconds_total{mode="user"} 10.0
ollama_up 1.0
ollama_info{version="0.33.0"} 1.0
ollama_model_memory_bytes{model="b:7b"} 100.0
ollama_model_vram_bytes{model="b:7b"} 60.0
ollama_model_cpu_spill_bytes{model="b:7b"} 40.0
ollama_model_context_limit_tokens{model="b:7b"} 8192.0
ollama_model_expiry_timestamp_seconds{model="b:7b"} 1100.0
ollama_model_memory_bytes{model="a:1b"} 10.0
ollama_model_vram_bytes{model="a:1b"} 10.0
"""


def machine(page: bytes = PAGE, now: float = 1000.0) -> Machine:
    return machine_of(page_reader().read(page), now)


def test_models_are_by_name_with_where_their_memory_is_and_until_when() -> None:
    stays, goes = machine().models
    assert stays == Model("a:1b", memory_bytes=10, vram_bytes=10)
    assert goes == Model("b:7b", 100, 60, 40, 8192, 100.0)
    assert (stays.gpu_ratio, goes.gpu_ratio) == (1.0, 0.6)
    assert machine(now=2000.0).models[1].expires_in_seconds == 0


def test_what_a_model_does_not_tell_has_no_ratio() -> None:
    assert Model("a").gpu_ratio is None
    assert Model("a", memory_bytes=0, vram_bytes=0).gpu_ratio is None


def test_cards_are_told_with_what_holds_them_back() -> None:
    real, made_up = machine().gpus
    assert real == Gpu("0", "Card", False, 0.87, 5, 8, 300, 71, ("power_cap",))
    assert made_up == Gpu("1", "Made up", True, power_watts=50)


def test_the_core_s_temperature_is_meant_where_there_is_one() -> None:
    only_memory = PAGE.replace(b'sensor="core"', b'sensor="hotspot"')
    assert machine(only_memory).gpus[0].temperature_celsius == 80


def test_the_machine_is_told() -> None:
    found = machine().host
    assert (found.cpus, found.load_1m) == (16, 1.5)
    assert (found.memory_used_bytes, found.memory_total_bytes) == (21, 64)
    assert found.cpu_seconds == {"idle": 90, "user": 10}
    assert found.cpu_ratio is None


def test_ollama_is_up_down_or_not_known() -> None:
    assert (machine().ollama_up, machine().ollama_version) == (True, "0.33.0")
    down = machine(b"ollama_up 0\n")
    assert (down.ollama_up, down.ollama_version) == (False, None)
    assert machine(b"") == Machine()
    assert machine(b"").host == Host()
    assert page_reader().read(PAGE).value(MARK) == 1


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"idle": 95.0, "iowait": 1.0, "user": 14.0}, 0.4),
        ({"idle": 100.0, "iowait": 0.0, "user": 10.0}, 0.0),
        ({"idle": 90.0, "iowait": 0.0, "user": 10.0}, None),  # no time went by
        ({"idle": 1.0, "iowait": 0.0, "user": 2.0}, None),  # it was started anew
    ],
)
def test_computing_is_what_is_neither_idle_nor_waiting(
    after: dict[str, float], expected: float | None
) -> None:
    before = {"idle": 90.0, "iowait": 0.0, "user": 10.0}
    assert busy_ratio(before, after) == pytest.approx(expected)
