"""NVIDIA's binding: which distribution it is, and what becomes of the things it gives."""

import ctypes
import subprocess
import sys

import pynvml
import pytest

from gpu_exporter.nvidia.library import Code, NvmlError
from gpu_exporter.nvidia.nvml import Driver, nvml_backend, plain, system_memory
from gpu_exporter.settings import GpuExporterSettings


def test_the_binding_is_imported_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-c", "import pynvml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_our_return_codes_are_the_bindings() -> None:
    theirs = {code.name: getattr(pynvml, f"NVML_ERROR_{code.name}", 0) for code in Code}
    assert theirs == {code.name: code.value for code in Code}


def test_bytes_become_text_and_tuples_lists() -> None:
    assert plain((b"NVIDIA L40S", 1, None)) == ["NVIDIA L40S", 1, None]
    assert plain({"a": (b"x",)}) == {"a": ["x"]}
    assert plain(b"\xff") == "\ufffd"


def test_structures_become_dicts() -> None:
    pci = pynvml.nvmlPciInfo_t(domain=0, bus=65, device=0, busId=b"00000000:41:00.0")
    assert plain(pci)["busId"] == "00000000:41:00.0"
    assert plain(pci)["bus"] == 65
    numbers = (ctypes.c_uint * 2)(3, 4)
    assert plain(numbers) == [3, 4]


def test_friendly_objects_become_dicts() -> None:
    process = pynvml.nvmlFriendlyObject({"pid": 7, "usedGpuMemory": None})
    assert plain(process) == {"pid": 7, "usedGpuMemory": None}


def test_a_function_that_the_binding_does_not_have_is_not_found() -> None:
    with pytest.raises(NvmlError) as caught:
        Driver().call("nvmlDeviceGetWeather", 0)
    assert (caught.value.code, caught.value.call) == (13, "nvmlDeviceGetWeather")


def test_the_machine_has_memory() -> None:
    memory = system_memory()
    assert 0 < memory.available_bytes <= memory.total_bytes


def test_the_backend_opens_nothing_before_it_is_read() -> None:
    backend = nvml_backend(GpuExporterSettings(), lambda: None)
    assert (backend.name, backend.return_code) == ("nvml", None)
    backend.close()
