"""One frozen settings class per process, read once from environment and command line.

pydantic-settings ignores environment variables that it does not know, even with
`extra="forbid"`, so a misspelt one would silently do nothing. `load` refuses it.
"""

import difflib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict, SettingsError

from ollama_observe.service.addresses import found_words
from ollama_observe.service.switches import is_switch, spelled_out

S = TypeVar("S", bound="ServiceSettings")

ListenHost = Annotated[str, Field(min_length=1)]
"""An address to listen on. An empty one would be every address of the machine."""


class ServiceSettings(BaseSettings):
    """What every process can be told. Subclasses set `env_prefix` and add their fields."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
        cli_enforce_required=False,
        cli_exit_on_error=False,
        use_attribute_docstrings=True,
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level that is logged."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="json lines, console text, or auto: console on a terminal."
    )


class UnknownSettingError(ValueError):
    """An environment variable starts with our prefix and names no setting."""


def settings_config(prefix: str, program: str) -> SettingsConfigDict:
    """The part of `model_config` that differs between processes."""
    return SettingsConfigDict(env_prefix=prefix, cli_prog_name=program)


def refuse_unknown(cls: type[ServiceSettings], names: Iterable[str]) -> None:
    """Raise UnknownSettingError for the first name with the class's prefix that is no field."""
    prefix = str(cls.model_config.get("env_prefix", "")).upper()
    known = {f"{prefix}{field}".upper() for field in cls.model_fields}
    for name in sorted(names):
        upper = name.upper()
        if not prefix or not upper.startswith(prefix) or upper in known:
            continue
        close = difflib.get_close_matches(upper, sorted(known), n=1)
        hint = f", did you mean {close[0]}?" if close else ""
        raise UnknownSettingError(f"unknown setting {name}{hint}")


def describe(cls: type[ServiceSettings], error: ValidationError) -> list[str]:
    """One sentence per failed field: where it is set, what was found, what was expected."""
    prefix = str(cls.model_config.get("env_prefix", "")).upper()
    return [_sentence(prefix, item) for item in error.errors()]


def _sentence(prefix: str, item: Any) -> str:
    path = ".".join(str(part) for part in item["loc"])
    said = str(item["msg"]).removeprefix("Value error, ")
    if not path:
        # of the settings together: what was found is all of them
        return said
    flag = _flag(path)
    found = "" if item["type"] == "missing" else found_words(item["input"])
    return f"{prefix}{path.upper()} ({flag}): {said}{found}"


def load(
    cls: type[S], argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None
) -> S:
    """Read settings from the command line, then the environment, then the defaults.

    On bad input prints one sentence per mistake on standard error and exits with 2.
    """
    names = os.environ if environ is None else environ  # noqa: TID251 (the one reader)
    arguments = spelled_out(sys.argv[1:] if argv is None else argv, _switches(cls))
    try:
        refuse_unknown(cls, names)
        return CliApp.run(cls, cli_args=arguments)
    except UnknownSettingError as error:
        sentences = [str(error)]
    except ValidationError as error:
        sentences = describe(cls, error)
    except SettingsError as error:
        sentences = [str(error).removeprefix("error parsing CLI: ")]
    program = cls.model_config.get("cli_prog_name") or cls.__name__
    for sentence in sentences:
        print(f"{program}: {sentence}", file=sys.stderr)  # noqa: T201 (logging is not set up yet)
    sys.exit(2)


def _switches(cls: type[ServiceSettings]) -> set[str]:
    """The flags of settings that are on, off or `auto`."""
    fields = cls.model_fields.items()
    return {_flag(name) for name, field in fields if is_switch(field.annotation)}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def fields_of(cls: type[ServiceSettings]) -> list[dict[str, Any]]:
    """The settings as rows for documentation: variable, flag, default, description."""
    prefix = str(cls.model_config.get("env_prefix", "")).upper()
    return [
        {
            "variable": f"{prefix}{name}".upper(),
            "flag": _flag(name),
            "default": field.get_default(call_default_factory=True),
            "description": field.description or "",
        }
        for name, field in cls.model_fields.items()
    ]
