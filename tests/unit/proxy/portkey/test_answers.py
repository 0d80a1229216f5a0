"""What the gateway's headers say of an answer, whatever stands in them."""

import pytest

from proxy.headers import Headers
from proxy.portkey.answers import UNKNOWN, PortkeyAnswer, answer_of, is_own_words
from proxy.portkey.config import NO_CONFIG, PortkeyConfig

KEY = {"api_key": "k"}
TWO = PortkeyConfig.checked(
    {
        "strategy": {"mode": "fallback"},
        "targets": [{**KEY, "provider": "openai"}, {**KEY, "provider": "groq"}],
    }
)


def headers(**told: str) -> Headers:
    """The gateway's usual ones, but for what is told."""
    usual = {
        "last-used-option-index": "config",
        "provider": "openai",
        "retry-attempt-count": "0",
        "cache-status": "DISABLED",
    }
    found = {**usual, **{name.replace("_", "-"): value for name, value in told.items()}}
    return {f"x-portkey-{name}".encode(): value.encode("latin-1") for name, value in found.items()}


def answer(status: int = 200, config: PortkeyConfig = NO_CONFIG, **told: str) -> PortkeyAnswer:
    return answer_of(headers(**told), status, config)


def test_a_plain_answer_is_that_of_the_one_target() -> None:
    assert answer() == PortkeyAnswer("openai", "0", False, 0, False, "DISABLED", is_own=False)


def test_an_answer_without_an_index_is_the_gateways_own() -> None:
    assert answer_of({}, 200, NO_CONFIG) is UNKNOWN
    assert answer_of({b"x-portkey-provider": b"openai"}, 500, TWO) is UNKNOWN
    assert answer(last_used_option_index="") is UNKNOWN
    assert (UNKNOWN.is_own, UNKNOWN.provider, UNKNOWN.target) == (True, "none", "none")


@pytest.mark.parametrize(
    ("config", "provider", "label"),
    [
        (NO_CONFIG, "openai", "openai"),
        (NO_CONFIG, "anthropic", "anthropic"),
        (NO_CONFIG, "ollama", "ollama"),
        (NO_CONFIG, "groq", "other"),
        (TWO, "groq", "groq"),
        (TWO, "openai ", "other"),
        (TWO, "invented-\xff", "other"),
        (TWO, "", "other"),
    ],
)
def test_a_provider_is_a_label_where_the_configuration_names_it(
    config: PortkeyConfig, provider: str, label: str
) -> None:
    assert answer(config=config, provider=provider).provider == label


@pytest.mark.parametrize(
    ("value", "retries", "is_exhausted"),
    [
        ("0", 0, False),
        ("3", 3, False),
        ("-1", 0, True),
        ("-2", 0, False),
        ("", 0, False),
        ("many", 0, False),
        ("1.5", 0, False),
        ("\xb2", 0, False),
        ("9" * 5000, 0, False),
    ],
)
def test_retries_are_counted_where_they_are_a_count(
    value: str, retries: int, is_exhausted: bool
) -> None:
    found = answer(retry_attempt_count=value)
    assert (found.retries, found.is_exhausted) == (retries, is_exhausted)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("HIT", "HIT"),
        ("semantic hit", "SEMANTIC HIT"),
        ("Miss", "MISS"),
        ("REFRESH", "REFRESH"),
        ("", "other"),
        ("INVENTED", "other"),
        ("hit\xdf", "other"),
    ],
)
def test_the_caches_words_are_a_closed_set(value: str, label: str) -> None:
    assert answer(cache_status=value).cache_status == label


@pytest.mark.parametrize(
    ("index", "target", "is_fallback"),
    [("config.targets[0]", "0", False), ("config.targets[1]", "1", True)],
)
def test_the_target_is_that_of_the_configuration_that_was_sent(
    index: str, target: str, is_fallback: bool
) -> None:
    found = answer(config=TWO, last_used_option_index=index)
    assert (found.target, found.is_fallback) == (target, is_fallback)


@pytest.mark.parametrize(
    ("status", "exception", "is_own"),
    [
        (500, "true", True),
        (500, "TRUE", True),
        (500, "false", False),
        (500, "", False),
        (404, "", False),
        (408, "", True),
        (200, "", False),
    ],
)
def test_the_gateway_says_of_most_of_its_failures_that_they_are_its_own(
    status: int, exception: str, is_own: bool
) -> None:
    assert answer(status, gateway_exception=exception).is_own is is_own


@pytest.mark.parametrize(
    ("start", "is_own"),
    [
        (b"Message: fetch failed Cause: connect ECONNREFUSED", True),
        (b'{"html-message":"Message: fetch failed"}', True),
        (b'{"status":"failure","message":"Something went wrong"}', True),
        (b'{"error":"Message: fetch failed"}', False),
        (b'{"status":"success"}', False),
        (b"Message: fetch", False),
        (b"", False),
    ],
)
def test_others_are_known_by_how_they_begin(start: bytes, is_own: bool) -> None:
    assert is_own_words(start) is is_own
