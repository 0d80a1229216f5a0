"""What telemetry can be told: off unless somebody asks, and no key where settings are shown."""

import pytest
from pydantic import ValidationError

from proxy.telemetry.settings import TelemetrySettings


def test_it_is_off_and_only_genai_names_are_sent_where_nothing_is_said() -> None:
    settings = TelemetrySettings()
    assert settings.otlp_endpoint == ""
    assert settings.otlp_signals == "metrics,traces"
    assert not settings.otlp_other_metrics


def test_a_key_is_not_in_what_is_shown_of_settings() -> None:
    settings = TelemetrySettings.model_validate({"otlp_headers": "authorization=Bearer secret"})
    assert "secret" not in repr(settings)
    assert "secret" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("told", "sends"),
    [
        ({}, False),
        ({"otlp_endpoint": " "}, False),
        ({"otlp_endpoint": "http://c:4318"}, True),
        ({"otlp_endpoint": "http://c:4318", "otlp_signals": "metrics"}, False),
        ({"otlp_endpoint": "http://c:4318", "otlp_signals": "traces"}, True),
        ({"otlp_endpoint": "http://c:4318", "otlp_signals": "Metrics, TRACES "}, True),
    ],
)
def test_spans_are_sent_where_there_is_somewhere_and_somebody_wants_them(
    told: dict[str, str], sends: bool
) -> None:
    assert TelemetrySettings.model_validate(told).sends_spans == sends


@pytest.mark.parametrize(
    "wrong",
    [
        {"otlp_interval_seconds": 0},
        {"otlp_timeout_seconds": -1},
        {"otlp_trace_ratio": 1.1},
        {"otlp_trace_ratio": -0.1},
    ],
)
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TelemetrySettings.model_validate(wrong)
