"""What the dashboard's strip asks for, a real Prometheus answers as it is read."""

import re
import subprocess
from pathlib import Path

import yaml

from dashboard.facts import EXPRESSION, EXPRESSIONS
from dashboard.objectives import MISSED
from dashboard.parts import TITLES
from ollama_observe.metrics import catalogue
from stack.parts import START_ORDER
from stack.prometheus.programs import PROMETHEUS
from stack.prometheus.sources import on_path
from tests.components import need
from tests.rules import recording_rules

BUILD = "ollama_proxy_build_info"
SERIES = {
    **dict.fromkeys(MISSED.values(), "0.25x8"),
    'exporter_build_info{backend="demo",instance="a"}': "1x8",
    'exporter_build_info{backend="nvml",instance="b"}': "1x8",
    'ollama_up{instance="a"}': "0x8",
    # a proxy whose samples end at 40 s
    BUILD: "1x4 stale",
}
AT_SECONDS = 80


def scenario() -> dict[str, object]:
    facts = {**dict.fromkeys(MISSED, 0.25), "demo": 1, "ollama": 0, "newest_before": 30}
    return {
        "evaluation_interval": "10s",
        "tests": [
            {
                "interval": "10s",
                "input_series": [{"series": s, "values": v} for s, v in SERIES.items()],
                "promql_expr_test": [
                    {
                        "expr": EXPRESSION,
                        "eval_time": f"{AT_SECONDS}s",
                        "exp_samples": [
                            {"labels": f'{{fact="{fact}"}}', "value": value}
                            for fact, value in facts.items()
                        ],
                    }
                ],
            }
        ],
    }


def test_prometheus_answers_all_of_it_at_once_and_tells_the_facts_apart(tmp_path: Path) -> None:
    need("prometheus", on_path(PROMETHEUS) is not None, "install the package prometheus")
    path = tmp_path / "strip_test.yml"
    path.write_text(yaml.safe_dump(scenario()), encoding="utf-8")
    command = ["promtool", "test", "rules", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_asked_for_is_measured_or_recorded() -> None:
    known = {metric.name for metric in catalogue.ALL} | set(recording_rules())
    words = set(re.findall(r"stack:[a-z0-9_:]+|(?:exporter|ollama)_[a-z_]+", EXPRESSION))
    assert words <= known
    assert len(EXPRESSIONS) == len(set(EXPRESSIONS.values()))


def test_a_part_is_called_as_the_stack_calls_it() -> None:
    assert set(TITLES) - {"ollama"} <= set(START_ORDER)
