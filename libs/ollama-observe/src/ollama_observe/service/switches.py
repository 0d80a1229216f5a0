"""Settings that are on, off, or `auto`: the process finds out by itself."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, TypeAdapter, ValidationError

AUTO = "auto"
_bool = TypeAdapter(bool)


def _read(value: object) -> object:
    if value == AUTO:
        return value
    try:
        return _bool.validate_python(value)
    except ValidationError:
        raise ValueError("expected true, false or auto") from None


Switch = Annotated[bool | Literal["auto"], BeforeValidator(_read)]
"""True, False or `auto`."""


def is_switch(annotation: object) -> bool:
    """Whether a setting of this type is one of these."""
    return bool(annotation == get_args(Switch)[0])


def spelled_out(arguments: Sequence[str], flags: Collection[str]) -> list[str]:
    """A command line on which each of `flags` has a value, also where it stands alone.

    Alone it means true, and `--no-...` false, as with settings that are on or off.
    """
    refusals = {f"--no-{flag.removeprefix('--')}": flag for flag in flags}
    found = []
    for number, argument in enumerate(arguments, 1):
        is_last = number == len(arguments) or arguments[number].startswith("-")
        if argument in refusals:
            found.append(f"{refusals[argument]}=false")
        else:
            found.append(f"{argument}=true" if argument in flags and is_last else argument)
    return found
