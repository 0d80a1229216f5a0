"""The variables that the compose files read are the operator's, with one default."""

import re

import pytest

from stack.docker import choice
from stack.docker.settings import OF_BUILDS
from stack.places import REPOSITORY
from stack.settings import KNOWN, StackSettings
from stack.variables import COMPUTED, HANDED_ON

READ = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::?-([^}]*))?\}")
FILES = (choice.BASE, choice.NVIDIA, choice.AMD, choice.HOST_OLLAMA)
FOUND = sorted(
    {
        (file, name, default)
        for file in FILES
        for name, default in READ.findall((REPOSITORY / file).read_text(encoding="utf-8"))
    }
)
# Unset they mean what was found, or what was made of the settings; or they choose profiles.
WITHOUT_ONE_DEFAULT = {"OLLAMA_URL", "OLLAMA", "PROMETHEUS_CONFIG", "PROMETHEUS_RULES"}
OF_AMD = {"OLLAMA_IMAGE"}


@pytest.mark.parametrize(("file", "name"), sorted({(file, name) for file, name, _ in FOUND}))
def test_a_variable_of_the_files_is_the_stack_s_or_a_service_s(file: str, name: str) -> None:
    is_services = name.startswith(HANDED_ON) or name in COMPUTED
    assert name in KNOWN or is_services or name in OF_BUILDS


@pytest.mark.parametrize(("file", "name", "default"), FOUND)
def test_a_default_of_the_files_is_the_stack_s(file: str, name: str, default: str) -> None:
    field = StackSettings.model_fields.get(name.lower())
    its_own = WITHOUT_ONE_DEFAULT | (OF_AMD if file == choice.AMD else set())
    if field is None or name in its_own:
        return
    expected = field.default
    shown = f"{expected:g}" if isinstance(expected, float) else str(expected)
    assert default == shown


def test_every_variable_of_containers_is_read_by_them() -> None:
    from stack.docker.settings import Containers

    read = {name for _, name, _ in FOUND}
    assert {name.upper() for name in Containers.model_fields} - {"RUNTIME"} <= read
