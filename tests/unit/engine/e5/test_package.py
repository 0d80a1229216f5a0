import pytest

from engine.e5 import package
from tests import e5_files


def test_the_package_has_the_model_under_its_own_name() -> None:
    path = e5_files.real_weights()
    model = package.find()
    assert model.name == "multilingual-e5-small:latest"
    assert model.path == path
    assert model.size_bytes == path.stat().st_size
    assert model.modified_ns == path.stat().st_mtime_ns


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(package.AbsentError, match="the package nobodys_e5 is not installed here"):
        package.find("nobodys_e5")


def test_a_package_without_the_weights_is_named() -> None:
    with pytest.raises(package.AbsentError, match=r"json has no e5-small-q4\.bin"):
        package.find("json")
