"""What an operator should know of the settings of access."""

from pathlib import Path

import pytest

from proxy.access.advice import access_warnings
from proxy.settings import ProxySettings


def warned(tmp_path: Path, text: str = "[a]\n", mode: int = 0o644, **told: object) -> set[str]:
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    settings = ProxySettings.model_validate({"api_keys_file": path, **told})
    return set(access_warnings(settings))


def test_settings_as_they_come_need_no_advice(tmp_path: Path) -> None:
    assert access_warnings(ProxySettings()) == {}
    assert warned(tmp_path) == set()


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_may_write_is_told(tmp_path: Path, mode: int) -> None:
    assert warned(tmp_path, mode=mode) == {"keys_file_is_open"}


def test_limits_of_tokens_want_counts_of_prompts(tmp_path: Path) -> None:
    text = "[a]\ntokens_per_day = 5\n"
    assert warned(tmp_path, text) == {"prompts_are_not_counted"}
    assert warned(tmp_path, text, inject_usage=True) == set()


def test_more_aliases_than_labels_is_told(tmp_path: Path) -> None:
    text = "[a]\n[b]\n[c]\n"
    assert warned(tmp_path, text, user_label_limit=2) == {"more_aliases_than_labels"}
    assert warned(tmp_path, text, user_label_limit=3) == set()


def test_trust_in_everybody_is_told(tmp_path: Path) -> None:
    assert warned(tmp_path, trusted_addresses="::/0") == {"everybody_is_trusted"}
