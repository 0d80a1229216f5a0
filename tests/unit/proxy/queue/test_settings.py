"""What the queue can be told."""

import pytest
from pydantic import ValidationError

from proxy.settings import ProxySettings


def test_it_is_off() -> None:
    settings = ProxySettings()
    assert not settings.queue
    assert (settings.queue_per_model, settings.queue_total) == (None, 0)
    assert not settings.queue_headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("queue_per_model", 0),
        ("queue_total", -1),
        ("queue_length", -1),
        ("queue_max_bytes", 0),
        ("queue_wait_seconds", 0),
        ("queue_ageing_seconds", 0),
        ("queue_default_priority", "urgent"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        ProxySettings.model_validate({name: value})
