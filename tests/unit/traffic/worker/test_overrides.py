"""What a request sets is judged by the settings themselves, in their words."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.traffic.plan.test_trace import MODELS, two_models
from tests.unit.traffic.test_settings import settings
from traffic.bank.place import bank_of
from traffic.plan.plan import make_plan
from traffic.settings import TrafficSettings
from traffic.worker.overrides import OPERATORS_OWN, SETTABLE, BadRequestError, settings_of


def test_what_is_given_replaces_what_the_worker_was_started_with() -> None:
    base = settings(model="a:1b", rate_per_second=3.0, arrival="poisson")
    made = settings_of(base, {"rate_per_second": 7, "preset": "demo"})
    assert (made.model, made.rate_per_second, made.preset) == ("a:1b", 7.0, "demo")
    assert base.rate_per_second == 3.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"rate_per_second": -1},
            "--rate-per-second): Input should be greater than or equal to 0.000001, found -1",
        ),
        (
            {"categories": "cod"},
            "no category 'cod' (did you mean code?); expected some of factual_short",
        ),
        ({"categorys": "code"}, "unknown setting 'categorys', did you mean categories?"),
        ({"xyzzy": 1}, "unknown setting 'xyzzy'"),
        ({"base_url": "http://10.0.0.1"}, "base_url is set where the worker is started, not here"),
        ({"allow_remote": True}, "allow_remote is set where the worker is started"),
        ({"results_directory": "/etc"}, "results_directory is set where the worker is started"),
        ({"api": "openai", "num_ctx": 8}, "the native API's alone"),
        ({"preset": "edge", "mix": "chat"}, "the preset edge asks a fixture"),
        ({"preset": "embeddings", "api": "anthropic"}, "no embeddings"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        settings_of(settings(), given)
    assert said in str(refused.value)


def test_every_setting_may_be_given_or_is_the_operators() -> None:
    assert sorted((*SETTABLE, *OPERATORS_OWN)) == sorted(TrafficSettings.model_fields)


def test_none_that_may_be_set_leads_off_the_machine() -> None:
    assert not {name for name in SETTABLE if name.endswith(("_url", "_directory", "_host"))}
    assert not {"allow_remote", "trace", "slo", "workers"} & set(SETTABLE)


def test_a_replay_that_is_started_asks_the_models_of_its_trace(tmp_path: Path) -> None:
    base = settings(preset="replay", trace=two_models(tmp_path))
    made = settings_of(base, {"seed": 3})
    assert make_plan(bank_of(made), made).models == MODELS
    named = settings_of(base, {"model": "mine:1b"})
    assert make_plan(bank_of(named), named).models == ("mine:1b",)
