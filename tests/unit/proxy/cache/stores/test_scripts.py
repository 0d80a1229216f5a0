"""What a server is asked to do; that it does it is proven with a real one."""

import pytest

from proxy.cache.stores import scripts

SCRIPTS = [scripts.GET, scripts.PUT, scripts.NEAR, scripts.HELD, scripts.FORGET]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_touches_no_name_but_under_the_prefix(script: str) -> None:
    calls = [line for line in script.splitlines() if "redis.call('" in line]
    names = ("prefix ..", "index", "used", "ages", "name")
    assert calls
    assert all(any(name in call for name in names) for call in calls)
    assert not any(word in script for word in ("FLUSH", "KEYS *", "'KEYS'"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_cached_by_the_server(script: str) -> None:
    """Nothing of a request is in its text: servers keep each text for good."""
    assert script.isascii()
    assert "%" not in script
    assert script.startswith("\nlocal prefix, oldest, token = KEYS[1], ARGV[1], ARGV[#ARGV]")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_which_question_it_answers(script: str) -> None:
    returns = [line.strip() for line in script.splitlines() if "return {" in line]
    assert returns
    assert all("return {token, " in line for line in returns)
