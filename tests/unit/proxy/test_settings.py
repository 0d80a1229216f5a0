"""The proxy's settings: bounded, and a misspelt one is refused."""

import pytest

from ollama_observe.service.settings import load
from proxy.settings import ProxySettings


def test_flags_are_read_as_people_write_them() -> None:
    settings = load(ProxySettings, ["--port", "1", "--ollama-url", "http://gpu:1/x"], {})
    assert settings.port == 1
    assert str(settings.ollama_url) == "http://gpu:1/x"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--port", "99999"], "PROXY_PORT (--port)"),
        (["--ollama-url", "gpu:11434"], "PROXY_OLLAMA_URL"),
        (["--drain-seconds", "soon"], "found 'soon'"),
    ],
)
def test_a_bad_value_is_named_with_what_was_found(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        load(ProxySettings, argv, {})
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
