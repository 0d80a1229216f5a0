"""What the operator is told, what the stack reads and what the services understand agree."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from dashboard.settings import DashboardSettings
from engine.settings import EngineSettings
from gpu_exporter.settings import GpuExporterSettings
from proxy.settings import ProxySettings
from stack.dashboard.part import dashboard_part
from stack.parts import Part, engine_part, gpu_exporter_part, proxy_part
from stack.places import REPOSITORY, places_of
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings, parse
from stack.traffic.part import traffic_part
from traffic.settings import TrafficSettings

EXAMPLE = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
LISTED = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
PLACES = places_of(parse({}))
PROXY = proxy_part(parse({}), DEFAULT_OLLAMA_URL)


def test_the_example_lists_every_variable_and_no_other() -> None:
    assert set(LISTED) == {name.upper() for name in StackSettings.model_fields}


def test_the_example_shows_the_defaults() -> None:
    shown = parse(LISTED)
    assert shown.model_copy(update={"ollama_url": None}) == parse({})
    assert shown.ollama_url == DEFAULT_OLLAMA_URL


def test_the_example_changes_nothing_until_a_line_is_uncommented() -> None:
    assert all(line.startswith("#") for line in EXAMPLE.splitlines() if line)


@pytest.mark.parametrize(
    ("part", "settings", "prefix"),
    [
        (PROXY, ProxySettings, "PROXY_"),
        (engine_part(parse({}), PLACES), EngineSettings, "ENGINE_"),
        (
            gpu_exporter_part(parse({}), DEFAULT_OLLAMA_URL, PROXY.addresses[1], PLACES.models),
            GpuExporterSettings,
            "GPU_EXPORTER_",
        ),
        (traffic_part(parse({}), [PROXY]), TrafficSettings, "TRAFFIC_"),
        (dashboard_part(parse({}), [PROXY], REPOSITORY), DashboardSettings, "DASHBOARD_"),
    ],
    ids=["proxy", "engine", "gpu-exporter", "traffic", "dashboard"],
)
def test_a_service_knows_every_variable_that_the_stack_sets_for_it(
    part: Part, settings: type[BaseModel], prefix: str
) -> None:
    fields = {f"{prefix}{name}".upper() for name in settings.model_fields}
    assert set(part.environment) <= fields


@pytest.mark.parametrize(
    ("service", "prefix"),
    [
        (ProxySettings, "proxy_"),
        (EngineSettings, "engine_"),
        (GpuExporterSettings, "gpu_exporter_"),
        (TrafficSettings, "traffic_"),
        (DashboardSettings, "dashboard_"),
    ],
)
def test_a_variable_that_both_know_has_one_default(service: type[BaseModel], prefix: str) -> None:
    ours, theirs = StackSettings.model_fields, service.model_fields
    shared = [
        name for name in ours if name.startswith(prefix) and name.removeprefix(prefix) in theirs
    ]
    assert shared
    for name in shared:
        assert ours[name].default == theirs[name.removeprefix(prefix)].default, name


def test_the_dashboard_takes_what_the_stack_tells_it_and_both_promise_the_same() -> None:
    told = dashboard_part(parse({}), [PROXY], REPOSITORY).environment
    given = {name.removeprefix("DASHBOARD_").lower(): value for name, value in told.items()}
    found = DashboardSettings(_cli_parse_args=[], **given)  # type: ignore[arg-type]
    alone = DashboardSettings(_cli_parse_args=[])
    changed = {name for name in given if getattr(found, name) != getattr(alone, name)}
    assert changed == {"runbook_file"}
    assert found.runbook_file is not None
    assert "## ProxyDown" in found.runbook_file.read_text(encoding="utf-8")


def test_the_models_folder_is_where_the_engine_looks_by_itself() -> None:
    default = EngineSettings.model_fields["models_dir"].get_default(call_default_factory=True)
    assert Path(default).resolve() == (REPOSITORY / ".local/models").resolve()
