"""Images of live tests go when the last of them has run."""

from collections.abc import Iterator

import pytest

from tests.compose.images import remove_images


@pytest.fixture(scope="session", autouse=True)
def no_images_are_left() -> Iterator[None]:
    yield
    remove_images()
