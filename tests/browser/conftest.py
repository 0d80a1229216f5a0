"""What the browser's tests share: one stack with traffic, one Chromium, and visits of the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.crowd import Crowd, running_crowd
from tests.browser.visits import WITHIN_MS, Visits, chromium
from tests.browser.world import World, need_browser_and_stack, running_world

expect.set_options(timeout=WITHIN_MS)
FOLDER = Path(__file__).parent
STACKS = {"world", "crowd"}
"""The fixtures of this folder that start one."""


@pytest.hookimpl(tryfirst=True)  # before it is chosen by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says of tests that want a running stack that they are long."""
    for item in items:
        if FOLDER in item.path.parents and STACKS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="package")
def chromium_path() -> str:
    """Where the browser is."""
    return need_browser_and_stack()


@pytest.fixture(scope="package")
def world(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack with traffic, for all tests of this folder."""
    with running_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for all of them."""
    with chromium(chromium_path) as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visits]:
    """Opens pages; at the end of the test they are looked through for complaints."""
    visits = Visits(browser, world.url)
    yield visits
    visits.end()


@pytest.fixture(scope="package")
def crowd(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """A stack with a queue, long prompts and models' processes, for all tests that want one."""
    with running_crowd(tmp_path_factory.mktemp("crowd")) as crowd:
        yield crowd


@pytest.fixture
def visit_crowd(browser: Browser, crowd: Crowd) -> Iterator[Visits]:
    """Opens pages of that one, likewise."""
    visits = Visits(browser, crowd.world.url)
    yield visits
    visits.end()
