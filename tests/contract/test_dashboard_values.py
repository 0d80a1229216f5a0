"""What panels show of a scripted history, as Prometheus computes it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from dashboard.panels import PANELS
from dashboard.views import View
from tests.panels import BY_MODEL, TOTAL, asked
from tests.promtool import promtool

STEP_SECONDS = 60
SCRAPE_SECONDS = 5.0
EXPORTER = 'job="gpu-exporter", instance="e"'
PROXY = 'job="proxy", instance="p"'
TRAFFIC = 'job="traffic", instance="t"'
(BY_OUTCOME,) = (panel for panel in PANELS if panel.id == "requests-outcome")


def expr(panel: str, place: int, view: View = TOTAL) -> str:
    """A query of a panel, as it is asked."""
    (found,) = (
        one
        for one in asked(view, STEP_SECONDS, SCRAPE_SECONDS)
        if (one.panel.id, one.place) == (panel, place)
    )
    return found.expr


def assert_value(
    folder: Path, series: Mapping[str, str], promql: str, value: float | None, at: str = "60s"
) -> None:
    """What an expression is at an instant of a history with a sample each scrape."""
    samples = [] if value is None else [{"labels": "{}", "value": value}]
    told = {"expr": promql, "eval_time": at, "exp_samples": samples}
    case = {
        "interval": f"{SCRAPE_SECONDS:g}s",
        "input_series": [{"series": name, "values": text} for name, text in series.items()],
        "promql_expr_test": [told],
    }
    path = folder / "test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [], "tests": [case]}))
    promtool("test", "rules", str(path))


@pytest.mark.parametrize("loaded", [1, 6, 12])
def test_two_models_one_after_the_other_take_no_more_memory_than_one(
    loaded: int, tmp_path: Path
) -> None:
    series = {
        f'ollama_model_vram_bytes{{model="a", {EXPORTER}}}': f"4e9x{loaded} stale",
        f'ollama_model_vram_bytes{{model="b", {EXPORTER}}}': f"_x{loaded + 1} 4e9x30",
        f"ollama_up{{{EXPORTER}}}": "1x40",
    }
    promql = f"round(sum({expr('gpu-memory-models', 0)}))"
    assert_value(tmp_path, series, promql, 4e9)


def test_a_scrape_that_failed_makes_no_model_smaller(tmp_path: Path) -> None:
    series = {
        f'ollama_model_vram_bytes{{model="a", {EXPORTER}}}': "4e9x5 stale _x3 4e9x9",
        f"ollama_up{{{EXPORTER}}}": "1x5 stale _x3 1x9",
    }
    assert_value(tmp_path, series, f"sum({expr('gpu-memory-models', 0)})", 4e9)


def test_a_model_that_was_there_for_a_moment_weighs_a_moment_in_the_share_on_gpus(
    tmp_path: Path,
) -> None:
    series = {
        f'ollama_model_vram_bytes{{model="a", {EXPORTER}}}': "8x40",
        f'ollama_model_memory_bytes{{model="a", {EXPORTER}}}': "8x40",
        f'ollama_model_vram_bytes{{model="b", {EXPORTER}}}': "_x12 0x0 stale",
        f'ollama_model_memory_bytes{{model="b", {EXPORTER}}}': "_x12 8x0 stale",
        f"ollama_up{{{EXPORTER}}}": "1x40",
    }
    assert_value(tmp_path, series, f"({expr('on-gpu', 0)}) > bool 0.9", 1)


def test_a_request_of_a_moment_is_no_request_of_the_whole_window(tmp_path: Path) -> None:
    series = {
        f'ollama_proxy_active_requests{{model="a", {PROXY}}}': "_x11 1x1",
        f'ollama_proxy_inflight_phase_requests{{phase="decode", {PROXY}}}': "0x20",
    }
    assert_value(tmp_path, series, f"sum({expr('in-flight', 1, BY_MODEL)}) < bool 0.2", 1)


@pytest.mark.parametrize(
    ("running", "value"), [("0x3 1x3 0x9", 1), ("0x20", 0), ("0x8 1x9", 1), ("_x20", None)]
)
def test_a_run_between_two_points_is_a_mark(
    running: str, value: float | None, tmp_path: Path
) -> None:
    series = {f"traffic_running{{{TRAFFIC}}}": running}
    assert_value(tmp_path, series, expr("mark-traffic", 0), value)


@pytest.mark.parametrize(("rate", "value"), [("0x20", None), ("0.5x20", 0.5)])
def test_nothing_is_wanted_without_a_schedule(
    rate: str, value: float | None, tmp_path: Path
) -> None:
    series = {f"traffic_target_rate{{{TRAFFIC}}}": rate}
    assert_value(tmp_path, series, expr("client-schedule", 0), value)


REQUESTS = f'ollama_proxy_requests_total{{model="m", status="200", %s, {PROXY}}}'
LOOKUPS = f'ollama_proxy_cache_lookups_total{{model="%s", result="%s", {PROXY}}}'


def test_hits_are_a_share_of_what_was_looked_for_alone(tmp_path: Path) -> None:
    series = {
        LOOKUPS % ("m", "hit"): "0+1x20",
        LOOKUPS % ("m", "shared"): "0+2x20",
        LOOKUPS % ("m", "miss"): "0+3x20",
        LOOKUPS % ("m", "refresh"): "0+50x20",
        LOOKUPS % ("other", "disabled"): "0+70x20",
        f"up{{{PROXY}}}": "1x20",
    }
    assert_value(tmp_path, series, f"round({expr('cache-hits', 0)}, 0.001)", 0.5)


def test_a_cache_that_was_off_has_no_share(tmp_path: Path) -> None:
    series = {REQUESTS % 'routing="direct"': "0+3x20", f"up{{{PROXY}}}": "1x20"}
    assert_value(tmp_path, series, expr("cache-hits", 0), None)


def test_an_answer_of_the_cache_is_an_outcome_and_one_that_failed_is_another(
    tmp_path: Path,
) -> None:
    # five a second; of a shared one that broke off a second Ollama's answer did not come whole
    series = {
        REQUESTS % 'routing="cache"': "0+25x20",
        REQUESTS % 'routing="direct"': "0+500x20",
        f'ollama_proxy_errors_total{{model="m", routing="cache", {PROXY}}}': "0+5x20",
        f"up{{{PROXY}}}": "1x20",
    }
    place = len(BY_OUTCOME.queries) - 2
    assert_value(tmp_path, series, f"round({expr('requests-outcome', place)}, 0.001)", 4)


def test_of_a_server_that_proxies_share_each_tells_all(tmp_path: Path) -> None:
    for store, value in (("server", 7), ("memory", 14)):
        series = {}
        for proxy in ("p", "q"):
            target = f'job="proxy", instance="{proxy}"'
            series[f"ollama_proxy_cache_entries{{{target}}}"] = "7x20"
            series[f'ollama_proxy_cache_info{{store="{store}", {target}}}'] = "1x20"
        assert_value(tmp_path, series, expr("cache-entries", 0), value)


def test_of_the_ways_the_cache_is_none(tmp_path: Path) -> None:
    series = {
        REQUESTS % 'routing="direct"': "0+3x20",
        REQUESTS % 'routing="portkey"': "0+1x20",
        REQUESTS % 'routing="cache"': "0+96x20",
        f"up{{{PROXY}}}": "1x20",
    }
    assert_value(tmp_path, series, f"round({expr('routing-ratio', 0)}, 0.001)", 0.25)


def test_a_counter_that_is_0_while_the_cache_is_off_draws_nothing(tmp_path: Path) -> None:
    series = {f"ollama_proxy_cache_stored_total{{{PROXY}}}": "0x20", f"up{{{PROXY}}}": "1x20"}
    assert_value(tmp_path, series, expr("cache-changes", 0), None)
    series[f'ollama_proxy_cache_info{{store="memory", {PROXY}}}'] = "1x20"
    assert_value(tmp_path, series, expr("cache-changes", 0), 0)
