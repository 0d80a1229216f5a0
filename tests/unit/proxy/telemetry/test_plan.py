"""What the settings say is to be sent: read once, and refused in words where it makes no sense."""

from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.settings import ProxySettings
from proxy.telemetry.plan import (
    check_headers,
    endpoint_of,
    headers_of,
    plan_of,
    resource_of,
    signals_of,
    telemetry_warnings,
)


def settings(**told: object) -> ProxySettings:
    return ProxySettings.model_validate({f"otlp_{name}": value for name, value in told.items()})


@pytest.mark.parametrize("endpoint", ["", "  "])
def test_without_an_endpoint_there_is_no_plan(endpoint: str) -> None:
    assert plan_of(settings(endpoint=endpoint, signals="metrics", other_metrics=True)) is None


def test_a_plan_says_what_was_told() -> None:
    plan = plan_of(
        settings(
            endpoint="https://otel:4318/below/",
            signals=" traces ",
            headers="Authorization=Bearer x,X-Scope=a",
            resource="deployment.environment.name=home",
            interval_seconds=7,
            timeout_seconds=3,
            trace_ratio=0.25,
            other_metrics=True,
        )
    )
    assert plan is not None
    assert plan.endpoint == "https://otel:4318/below"
    assert plan.signals == {"traces"}
    assert plan.headers == {"authorization": "Bearer x", "x-scope": "a"}
    assert plan.resource == {"deployment.environment.name": "home"}
    assert (plan.interval_seconds, plan.timeout_seconds, plan.trace_ratio) == (7, 3, 0.25)
    assert plan.has_other_metrics


def test_both_signals_are_sent_where_nothing_else_is_said() -> None:
    plan = plan_of(settings(endpoint="http://otel:4318"))
    assert plan is not None
    assert plan.signals == {"metrics", "traces"}
    assert not plan.has_other_metrics
    assert plan.trace_ratio == 1


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("otel:4318", "expected http://host:port, found 'otel:4318'"),
        ("grpc://otel:4317", "expected http://host:port"),
        ("http://otel:99999", "expected http://host:port"),
        ("http://me:secret@otel:4318", "expected no user in it"),
        ("me:secret@otel", "expected http://host:port, found another address"),
        ("http://otel:4318/?secret=1", "expected an address without query and fragment"),
        ("htps://otel/?secret=1", "expected http://host:port, found another address"),
        ("http://otel:0", "expected http://host:port, found 'http://otel:0'"),
        ("http://otel:4318/a b", "expected http://host:port"),
        ("http://otel:4318/\u00e9", "expected http://host:port"),
        ("http://otel:4318/a\nb", "expected http://host:port"),
        ("http://otel:4318/v1/traces", "expected an address to which /v1/traces is added"),
        ("http://otel:4318/v1/metrics/", "expected an address to which /v1/metrics is added"),
    ],
)
def test_an_address_that_nothing_can_be_sent_to_is_refused(endpoint: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^expected ") as raised:
        endpoint_of(settings(endpoint=endpoint))
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_port_that_is_grpcs_as_a_rule_is_warned_of() -> None:
    assert set(telemetry_warnings(settings(endpoint="http://otel:4317"))) == {"otlp_port_of_grpc"}
    for endpoint in ("", "http://otel:4318", "http://otel"):
        assert telemetry_warnings(settings(endpoint=endpoint)) == {}


def test_what_is_told_and_has_no_effect_is_warned_of_and_no_key_is_in_it() -> None:
    told = telemetry_warnings(settings(headers="authorization=secret", interval_seconds=5))
    assert set(told) == {"otlp_endpoint_missing"}
    (said,) = told.values()
    assert "PROXY_OTLP_HEADERS, PROXY_OTLP_INTERVAL_SECONDS" in said
    assert "secret" not in said
    told = telemetry_warnings(settings(endpoint="http://c", signals="traces", other_metrics=True))
    assert set(told) == {"otlp_metrics_missing"}
    assert telemetry_warnings(settings(endpoint="http://c", other_metrics=True)) == {}


@pytest.mark.parametrize("signals", ["", "logs", "metrics,", "metrics;traces"])
def test_a_signal_that_there_is_not_is_refused(signals: str) -> None:
    with pytest.raises(ValueError, match="expected metrics or traces, by commas"):
        signals_of(settings(signals=signals))


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ("Content-Length=secret", "a header field's name, found another in entry 1"),
        ("Content-Encoding=secret", "a header field's name, found another in entry 1"),
        ("accept-encoding=secret", "a header field's name, found another in entry 1"),
        ("a=1,b c=secret", "a header field's name, found another in entry 2"),
        ("a=secret%0d%0ax: y", "printable ASCII, found another, entry 1"),
        ("a=secr\u00e9t", "printable ASCII"),
        ("secret", "name=value"),
    ],
)
@pytest.mark.parametrize("read", [headers_of, check_headers])
def test_header_fields_that_cannot_be_sent_are_refused(
    headers: str, said: str, read: Callable[[ProxySettings], object]
) -> None:
    with pytest.raises(ValueError, match=r"^expected ") as raised:
        read(settings(headers=headers))
    assert said in str(raised.value)
    assert "secr" not in str(raised.value)


def test_header_fields_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "headers"
    path.write_text("authorization=Bearer x\nx-scope=a\n")
    told = settings(headers_file=path)
    check_headers(told)
    assert headers_of(told) == {"authorization": "Bearer x", "x-scope": "a"}
    with pytest.raises(ValueError, match="found both"):
        check_headers(settings(headers_file=path, headers="a=1"))
    with pytest.raises(OSError, match="No such file"):
        headers_of(settings(headers_file=tmp_path / "none"))


def test_what_is_no_attribute_of_a_resource_is_refused() -> None:
    assert resource_of(settings()) == {}
    with pytest.raises(ValueError, match="name=value"):
        resource_of(settings(resource="home"))
