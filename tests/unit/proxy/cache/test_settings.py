"""What the cache can be told."""

import pytest
from pydantic import ValidationError

from proxy.settings import ProxySettings


def test_it_is_off_unless_a_configuration_says_otherwise() -> None:
    settings = ProxySettings()
    assert settings.cache == "auto"
    assert not settings.cache_share_in_flight
    assert not settings.cache_shared_by_callers
    assert settings.cache_store == "memory"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cache", "on"),
        ("cache_max_age_seconds", 0),
        ("cache_max_entries", 0),
        ("cache_max_bytes", 10),
        ("cache_max_answer_bytes", 10),
        ("cache_max_request_bytes", 10),
        ("cache_replay", "slow"),
        ("cache_embedding_timeout_seconds", 0),
        ("cache_threshold", 1.5),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        ProxySettings.model_validate({name: value})


def test_the_secret_is_in_no_text_of_the_settings() -> None:
    assert "hush" not in repr(ProxySettings.model_validate({"cache_secret": "hush"}))
