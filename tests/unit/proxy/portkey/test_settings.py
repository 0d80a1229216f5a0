"""The settings of the gateway and its way back: off, and nobody else comes in, unless told."""

import pytest

from ollama_observe.service.settings import load
from proxy.settings import ProxySettings


def test_the_gateway_is_named_by_the_flags_that_people_know() -> None:
    flags = ["--enable-portkey", "--portkey-host", "portkey", "--portkey-port", "9000"]
    settings = load(ProxySettings, flags, {})
    assert (settings.enable_portkey, settings.portkey_host) == (True, "portkey")
    assert settings.portkey_port == 9000
    assert load(ProxySettings, ["--no-return-leg"], {}).return_leg is False


@pytest.mark.parametrize(
    ("argv", "environ", "enabled", "expected"),
    [
        (["--enable-portkey"], "", True, True),
        ([], "true", True, True),
        ([], "0", False, False),
        (["--no-enable-portkey"], "true", False, False),
        ([], "auto", "auto", False),
        (["--enable-portkey=auto"], "", "auto", False),
        (["--enable-portkey", "auto", "--portkey-strict"], "", "auto", True),
    ],
)
def test_a_gateway_is_used_or_not_or_once_it_is_found(
    argv: list[str],
    environ: str,
    enabled: bool | str,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if environ:
        monkeypatch.setenv("PROXY_ENABLE_PORTKEY", environ)
    settings = load(ProxySettings, argv)
    assert (settings.enable_portkey, settings.expects_portkey) == (enabled, expected)


def test_without_a_word_nothing_goes_through_the_gateway_and_nobody_else_comes_in() -> None:
    settings = load(ProxySettings, [], {})
    assert not settings.enable_portkey
    assert not settings.portkey_client_headers
    assert settings.return_leg
    assert settings.return_leg_host == "127.0.0.1"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--portkey-port", "0"], "PROXY_PORTKEY_PORT"),
        (["--return-leg-port", "-1"], "PROXY_RETURN_LEG_PORT"),
        (["--portkey-timeout-seconds", "0"], "PROXY_PORTKEY_TIMEOUT_SECONDS"),
        (
            ["--enable-portkey", "perhaps"],
            "proxy: PROXY_ENABLE_PORTKEY (--enable-portkey): expected true, false or auto, "
            "found 'perhaps'\n",
        ),
    ],
)
def test_a_bad_value_for_the_gateway_is_named(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        load(ProxySettings, argv, {})
    assert said in capsys.readouterr().err
