"""What holds for all tests: how long an example takes is no finding on a busy machine."""

import pytest
from hypothesis import settings

from tests import sharing

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_xdist_auto_num_workers() -> int:
    """Of `-n auto`."""
    return sharing.processes()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> sharing.ByWhatIsShared:
    """Who gets which tests."""
    # else the files with the most tests come first, which are the quickest
    config.option.loadscopereorder = False
    return sharing.ByWhatIsShared(config, log)
