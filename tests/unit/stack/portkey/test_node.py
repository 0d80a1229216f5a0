import sys

import pytest

from stack.portkey.node import missing, version_of


@pytest.mark.parametrize(
    ("node", "npm"), [("18.20.4", "9.2.0"), ("20.20.2", "11.19.1"), ("22.1.0", "10.0.0")]
)
def test_versions_that_do_are_no_complaint(node: str, npm: str) -> None:
    assert missing(node, npm) == ""


@pytest.mark.parametrize(
    ("node", "npm", "words"),
    [
        (None, None, "found no node and no npm"),
        ("20.1.0", None, "found node 20.1.0 and no npm"),
        ("12.22.9", "8.5.1", "found node 12.22.9 and npm 8.5.1"),
        ("18.0.0", "8.2.9", "found node 18.0.0 and npm 8.2.9"),
    ],
)
def test_what_is_missing_is_said_with_what_is_expected_and_how_to_get_it(
    node: str | None, npm: str | None, words: str
) -> None:
    sentence = missing(node, npm, "linux")
    assert "needs node 18 or newer and npm 8.3 or newer" in sentence
    assert words in sentence
    assert "apt install nodejs npm" in sentence
    assert "portkeyai/gateway:1.15.2" in sentence
    assert "brew install node" in missing(node, npm, "darwin")


def test_a_program_says_its_version() -> None:
    assert version_of(sys.executable) == f"Python {sys.version.split()[0]}"
    assert version_of("no-such-program") is None
