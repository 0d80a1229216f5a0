"""A library of NVML's functions whose answers a test writes, and may change."""

from collections.abc import Mapping
from typing import Any

from gpu_exporter.nvidia.capture import key
from gpu_exporter.nvidia.library import Code, NvmlError


class Fails:
    """An answer that is a return code."""

    def __init__(self, code: int) -> None:
        self.code = code


class Answers:
    """See Library. Answers are by call, as in a capture; what has none is not supported."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers: dict[str, Any] = dict(answers or {})
        self.asked: list[str] = []

    def call(self, name: str, *arguments: Any) -> Any:
        if name == "nvmlDeviceGetFieldValues":
            return self._fields(*arguments)
        answer = self._answer(key(name, arguments))
        if isinstance(answer, Fails):
            raise NvmlError(answer.code, name)
        return answer

    def count(self, call: str) -> int:
        return self.asked.count(call)

    def _fields(self, device: Any, fields: tuple[int, ...]) -> list[dict[str, Any]]:
        whole = self.answers.get(f"nvmlDeviceGetFieldValues({device})")
        if isinstance(whole, Fails):
            self.asked.append(f"nvmlDeviceGetFieldValues({device})")
            raise NvmlError(whole.code, "nvmlDeviceGetFieldValues")
        found = []
        for field in fields:
            answer = self._answer(key("nvmlDeviceGetFieldValues", (device, field)))
            code = answer.code if isinstance(answer, Fails) else 0
            found.append({"field": field, "code": code, "value": 0 if code else answer})
        return found

    def _answer(self, call: str) -> Any:
        self.asked.append(call)
        return self.answers.get(call, Fails(Code.NOT_SUPPORTED))


def a_card(index: int = 0, count: int = 1) -> dict[str, Any]:
    """The answers of a card that can say little."""
    return {
        "nvmlInit()": None,
        "nvmlShutdown()": None,
        "nvmlDeviceGetCount()": count,
        "nvmlSystemGetDriverVersion()": "595.71.05",
        f"nvmlDeviceGetHandleByIndex({index})": True,
        f"nvmlDeviceGetUUID({index})": f"GPU-{index}",
        f"nvmlDeviceGetName({index})": "NVIDIA L40S",
        f"nvmlDeviceGetUtilizationRates({index})": {"gpu": 40, "memory": 20},
    }
