"""What NVML answered over a while, as a file of JSON: recorded on one machine, played on another.

A frame holds what is new at its instant; what it does not name is answered as before. Keys are
calls as one would write them, `nvmlDeviceGetFanSpeed_v2(0, 1)`, with a MIG device as
`[card, number]` and each field of nvmlDeviceGetFieldValues as a call of its own. Values are what
NVML gave, or

    {"error": 15}    the call was answered with this return code
    {"hang": true}   the call does not come back
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SYSTEM_MEMORY = "system_memory()"
"""Not a call of NVML: the machine's own memory, for cards that use that."""


class Event(BaseModel):
    """An event that the driver reported. `type` and `data` are NVML's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: int
    type: int
    data: int


class Frame(BaseModel):
    """What is new `at_seconds` after the beginning.

    `lost` are cards that answer everything with GPU_IS_LOST, from here on; `fails` is a return
    code that everything is answered with, 0 for no longer. None: as before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_seconds: float = Field(ge=0)
    calls: Mapping[str, Any] = {}
    events: tuple[Event, ...] = ()
    lost: tuple[int, ...] | None = None
    fails: int | None = None


class Capture(BaseModel):
    """A recording, or something like it: `origin` says in a sentence what it is.

    `at_end`: after `lasts_seconds` it begins anew, or its last frame is held.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str
    at_end: Literal["loop", "hold"] = "loop"
    lasts_seconds: float = Field(gt=0)
    frames: tuple[Frame, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        instants = [frame.at_seconds for frame in self.frames]
        if instants != sorted(instants) or instants[-1] >= self.lasts_seconds:
            raise ValueError("frames: they must be in order, and end before lasts_seconds")
        if instants[0] > 0:
            raise ValueError("frames: the first must be at 0 seconds")
        return self


def load(path: Path) -> Capture:
    """Read a capture. Raises: OSError; ValueError, which says what is wrong with it."""
    try:
        return Capture.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{path} is no capture: {where}: {first['msg']}") from error


def dump(capture: Capture) -> str:
    """A capture as text, a line for each answer."""
    return json.dumps(capture.model_dump(mode="json", exclude_defaults=True), indent=1) + "\n"


def key(name: str, arguments: tuple[Any, ...]) -> str:
    """How a call is written in a capture."""
    return f"{name}({json.dumps(arguments)[1:-1]})"
