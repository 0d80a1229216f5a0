"""What /api/version says."""

import pytest

from ollama_observe.wire.version import version_in
from tests.fakes import captures


def test_the_recorded_version_is_read() -> None:
    assert version_in(captures.load("version").body) == "0.0.0"


def test_a_version_is_fit_for_a_label() -> None:
    assert version_in(b'{"version":"0.33.0\\n' + b"x" * 100 + b'"}') == "0.33.0" + "x" * 57


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"version":7}', b"\xff"])
def test_what_does_not_say_says_nothing(body: bytes) -> None:
    assert version_in(body) == ""
