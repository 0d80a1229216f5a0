import pytest

from stack.errors import SettingsError
from stack.plan import digests
from stack.unsaid import KEYS_FILE, no_longer_set, require_keys, sentence

BEFORE = digests({"OLLAMA_URL": "http://x", "PROXY_CACHE": "simple", KEYS_FILE: "keys.toml"})


def test_what_nobody_says_any_more_is_named_and_never_by_its_value() -> None:
    gone = no_longer_set(BEFORE, {"PROXY_CACHE": "semantic", "PATH": "/bin"}, ["proxy"])
    assert gone == ["OLLAMA_URL", KEYS_FILE]
    assert sentence(gone) == (
        "no longer set: OLLAMA_URL, PROXY_API_KEYS_FILE (what runs was started with them; a line "
        "in .env keeps them)"
    )
    assert sentence(["OLLAMA_URL"]).endswith("was started with it; a line in .env keeps it)")


def test_what_is_set_to_nothing_is_meant() -> None:
    meant = dict.fromkeys(BEFORE, "")
    assert no_longer_set(BEFORE, meant, ["proxy"]) == []


def test_a_switch_whose_part_goes_on_by_itself_is_not_missed() -> None:
    before = digests(dict.fromkeys(("PORTKEY", "TRAFFIC", "GRAFANA", "ALERTMANAGER"), "on"))
    assert no_longer_set(before, {}, ["alertmanager", "proxy", "traffic"]) == []
    assert no_longer_set(before, {}, ["proxy"]) == ["ALERTMANAGER"]


def test_keys_of_a_proxy_that_runs_do_not_go_unmeant() -> None:
    with pytest.raises(SettingsError, match=r"\.env.* `make restart PROXY_API_KEYS_FILE=` takes"):
        require_keys([KEYS_FILE], ["proxy"], "restart")
    require_keys([KEYS_FILE], ["portkey"], "restart")
    require_keys(["OLLAMA_URL"], ["proxy"], "restart")
