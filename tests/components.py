"""Components that a machine may lack: a test skips without them, or fails where they are required.

`TEST_REQUIRE=prometheus,model` names those whose absence is a failure.
"""

import os

import pytest


def need(component: str, is_present: bool, remedy: str) -> None:
    """Skip the test where `component` is absent, unless this machine is said to have it."""
    if is_present:
        return
    sentence = f"needs {component}: {remedy}"
    if component in os.environ.get("TEST_REQUIRE", "").split(","):  # noqa: TID251 (a test's switch)
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
