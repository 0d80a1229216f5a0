"""Configurations of the gateway: what is read and sent, and what an answer's index means."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.portkey.config import LIMIT_BYTES, NO_CONFIG, Choice, PortkeyConfig
from proxy.portkey.schema import ConfigError
from tests.gateway_configs import FALLBACK, PLAIN, conditional, with_

REPOSITORY = Path(__file__).resolve().parents[4]
SHIPPED = sorted((REPOSITORY / "portkey").glob("config*.json"))
UPSTREAMS = {"ollama": "http://leg:1/to/ollama", "second": "http://leg:1/to/second"}


# what is read


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_configurations_that_are_shipped_can_be_sent(path: Path) -> None:
    sent = PortkeyConfig.read(path).sent(UPSTREAMS)
    assert b"${" not in sent
    assert b"\n" not in sent


def test_there_are_configurations_that_are_shipped() -> None:
    assert len(SHIPPED) >= 5


@pytest.mark.parametrize("text", ["", "{", "no json", "{'provider':'openai'}", "\ufeff{}"])
def test_a_file_that_is_no_json_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.json: no JSON: "):
        PortkeyConfig.read(path)


def test_a_file_of_other_bytes_than_text_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b'{"provider":"\xff"}')
    with pytest.raises(ConfigError, match=r"config\.json: no JSON: "):
        PortkeyConfig.read(path)


def test_a_mistake_is_told_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("[]")
    with pytest.raises(ConfigError, match=r"config\.json: the whole: expected an object"):
        PortkeyConfig.read(path)


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PortkeyConfig.read(tmp_path / "config.json")


@pytest.mark.parametrize(
    "text",
    [
        '{"provider":"openai","api_key":"k","weight":1e999}',
        '{"provider":"openai","api_key":"k","request_timeout":Infinity}',
        '{"provider":"openai","api_key":"k","override_params":{"seed":NaN}}',
    ],
)
def test_a_number_that_is_none_in_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError):
        PortkeyConfig.read(path)


# what is taken and sent


@pytest.mark.parametrize(
    "root",
    [
        PLAIN,
        with_(weight=0, request_timeout=0.5, name="", override_params={}),
        with_(retry={"attempts": 0}),
        with_(retry={"attempts": 5, "on_status_codes": [503]}),
        with_(unknown=[None], forward_headers=["x"]),
        FALLBACK,
        {**FALLBACK, "strategy": {"mode": "single"}},
        {**FALLBACK, "provider": "openai", "targets": [FALLBACK, PLAIN]},
        conditional("a", "b"),
        conditional("a", conditions=[]),
    ],
)
def test_what_the_gateway_takes_is_sent_as_it_was_read(root: dict[str, Any]) -> None:
    sent = PortkeyConfig.checked(root).sent({"ollama": "${ollama}"})
    assert json.loads(sent) == root
    assert list(json.loads(sent)) == list(root)


def test_a_name_becomes_the_address_under_which_the_gateway_reaches_it() -> None:
    second = with_(custom_host="${second}/v1", override_params={"custom_host": "${ollama}"})
    root = {**FALLBACK, "targets": [PLAIN, {**FALLBACK, "targets": [second]}]}
    sent = json.loads(PortkeyConfig.checked(root).sent(UPSTREAMS))
    assert sent["targets"][0]["custom_host"] == UPSTREAMS["ollama"]
    inner = sent["targets"][1]["targets"][0]
    assert inner["custom_host"] == UPSTREAMS["second"] + "/v1"
    assert inner["override_params"] == {"custom_host": "${ollama}"}
    assert root["targets"][0]["custom_host"] == "${ollama}"


@pytest.mark.parametrize("host", ["http://elsewhere:1", "$ollama", "${ollama", "ollama", ""])
def test_an_address_of_its_own_stays(host: str) -> None:
    sent = PortkeyConfig.checked(with_(custom_host=host)).sent(UPSTREAMS)
    assert json.loads(sent)["custom_host"] == host


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("secnd", ", did you mean second?"),
        ("x", ": there are ollama, second"),
        ("", ": there are ollama, second"),
        ("OLLAMA", ": there are ollama, second"),
    ],
)
def test_an_upstream_that_there_is_not_is_named_with_those_there_are(name: str, hint: str) -> None:
    told = PortkeyConfig.checked(with_(custom_host=f"${{{name}}}"))
    with pytest.raises(ConfigError) as refused:
        told.sent(UPSTREAMS)
    assert str(refused.value) == f"custom_host: unknown upstream {name!r}{hint}"


def test_what_is_sent_fits_into_a_header() -> None:
    text = "\N{SNOWMAN}\r\nX: y\ud800"
    sent = PortkeyConfig.checked(with_(api_key=text)).sent(UPSTREAMS)
    assert sent.isascii()
    assert not set(sent) & set(b"\r\n")
    assert json.loads(sent)["api_key"] == text


def test_a_configuration_is_at_most_so_long_as_it_is_sent() -> None:
    room = LIMIT_BYTES - len(PortkeyConfig.checked(with_(api_key="")).sent(UPSTREAMS))
    longest = PortkeyConfig.checked(with_(api_key="k" * room))
    assert len(longest.sent(UPSTREAMS)) == LIMIT_BYTES
    with pytest.raises(ConfigError, match=f"at most {LIMIT_BYTES} bytes, found {LIMIT_BYTES + 1}"):
        PortkeyConfig.checked(with_(api_key="k" * (room + 1))).sent(UPSTREAMS)


def test_the_providers_are_those_that_it_names_anywhere() -> None:
    root = {**FALLBACK, "targets": [with_(provider="groq"), {**FALLBACK, "provider": "openai"}]}
    assert PortkeyConfig.checked(root).providers == {"groq", "openai"}
    assert NO_CONFIG.providers == frozenset()


@pytest.mark.parametrize(
    ("root", "hosts"),
    [
        (PLAIN, ["http://leg:1/to/ollama"]),
        (FALLBACK, ["http://leg:1/to/ollama"] * 2),
        (with_(custom_host="http://elsewhere:1"), ["http://elsewhere:1"]),
        (
            {**FALLBACK, "targets": [PLAIN, with_(custom_host="${second}")]},
            ["http://leg:1/to/ollama", "http://b"],
        ),
        ({**FALLBACK, "targets": [{"provider": "groq", "api_key": "k"}]}, ["groq"]),
        (with_(custom_host="${ollama}.example"), ["http://leg:1/to/ollama.example"]),
    ],
)
def test_it_is_known_where_its_targets_are(root: dict[str, Any], hosts: list[str]) -> None:
    seen = {"ollama": "http://leg:1/to/ollama", "second": "http://b"}
    assert PortkeyConfig.checked(root).hosts(seen) == hosts


# what an index means

NESTED = PortkeyConfig.checked(
    {
        "strategy": {"mode": "loadbalance"},
        "targets": [PLAIN, {**FALLBACK, "targets": [PLAIN, {**FALLBACK, "targets": [PLAIN] * 2}]}],
    }
)


@pytest.mark.parametrize(
    ("index", "choice"),
    [
        ("config", Choice("0", False)),
        ("config.targets[0]", Choice("0", False)),
        ("config.targets[1]", Choice("1", False)),
        ("config.targets[1].targets[0]", Choice("0", False)),
        ("config.targets[1].targets[1]", Choice("1", True)),
        ("config.targets[1].targets[1].targets[0]", Choice("0", True)),
        ("config.targets[1].targets[0].targets[1]", Choice("1", False)),
        ("config.targets[7]", Choice("7", False)),
        ("config.targets[7].targets[1].targets[2]", Choice("2", False)),
        ("config.targets[63]", Choice("63", False)),
        ("config.targets[64]", Choice("other", False)),
        ("config.targets[-1]", Choice("0", False)),
        ("config.targets[one]", Choice("0", False)),
        ("config.targets[1", Choice("0", False)),
        (".targets[1]", Choice("1", False)),
        ("targets[1]", Choice("0", False)),
        ("nonsense", Choice("0", False)),
        ("", Choice("0", False)),
        ("config" + ".targets[1]" * 1000, Choice("1", True)),
    ],
)
def test_an_index_names_the_target_and_whether_others_had_failed(
    index: str, choice: Choice
) -> None:
    assert NESTED.choice(index) == choice


def test_where_no_configuration_was_sent_an_index_is_a_number() -> None:
    assert NO_CONFIG.choice("config") == Choice("0", False)
    assert NO_CONFIG.choice("config.targets[3].targets[1]") == Choice("1", False)


def test_an_index_without_end_is_a_target_as_any_other() -> None:
    assert NESTED.choice(f"config.targets[{'9' * 5000}]") == Choice("other", False)


@given(st.lists(st.integers(0, 70), max_size=6))
def test_no_index_makes_more_targets_than_there_are_labels(steps: list[int]) -> None:
    found = NESTED.choice("config" + "".join(f".targets[{step}]" for step in steps))
    assert found.target == "other" or int(found.target) < 64
