from pathlib import Path

import pytest

from stack.places import REPOSITORY
from stack.validating.network import of_index, of_proxies, pinned


def test_without_a_proxy_nothing_is_said() -> None:
    assert list(of_proxies({"no_proxy": "localhost", "http_proxy": ""})) == []


def test_a_proxy_that_would_be_asked_for_this_machine_is_a_warning_without_its_address() -> None:
    secret = "http://me:secret@proxy:3128"
    (said,) = of_proxies({"http_proxy": secret, "no_proxy": "localhost, .example"})
    assert said.is_ok is None
    assert "no_proxy is without 127.0.0.1" in said.detail
    assert "secret" not in said.detail + said.remedy


@pytest.mark.parametrize("spared", ["localhost,127.0.0.1,::1", "*"])
def test_a_proxy_that_leaves_this_machine_alone_is_right(spared: str) -> None:
    (said,) = of_proxies({"ALL_PROXY": "http://proxy:1", "NO_PROXY": spared})
    assert said.is_ok


def test_the_package_that_pip_is_asked_for_is_one_that_a_start_needs() -> None:
    assert pinned(REPOSITORY / "requirements/docker.txt").startswith("python-dotenv==1.")


def test_an_index_that_does_not_answer_is_said_with_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_EXTRA_INDEX_URL": "",
        "HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    said = of_index(REPOSITORY / "requirements/docker.txt")
    assert (said.is_ok, said.detail) == (None, "pip reaches no package index")
    assert "HTTPS_PROXY" in said.remedy
