"""The files of the page are found by name; nothing else of the machine is."""

from pathlib import Path

import pytest

from dashboard.app import STATIC
from dashboard.pages import Pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    static = tmp_path / "static"
    (static / "vendor").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>")
    (static / "main.js").write_text("export {}")
    (static / "vendor" / "chart-1.2.3.js").write_text("//")
    (static / "vendor" / "VENDORED.md").write_text("where from")
    (static / ".hidden.js").write_text("//")
    (static / "folder.js").mkdir()
    (tmp_path / "secret.js").write_text("secret")
    (static / "link.js").symlink_to(tmp_path / "secret.js")
    return static


@pytest.mark.parametrize(
    ("path", "content_type", "cache_control"),
    [
        ("/", "text/html; charset=utf-8", "no-store"),
        ("/index.html", "text/html; charset=utf-8", "no-store"),
        ("/main.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/vendor/chart-1.2.3.js", "text/javascript; charset=utf-8", "public, max-age=31536000, "),
    ],
)
def test_a_file_says_what_it_is_and_how_long_it_may_be_kept(
    folder: Path, path: str, content_type: str, cache_control: str
) -> None:
    file = Pages(folder).find(path)
    assert file is not None
    assert file.content_type == content_type
    assert file.cache_control.startswith(cache_control)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/vendor/../../secret.js",
        "//secret.js",
        "/./main.js",
        "/vendor/./chart-1.2.3.js",
        "/..\\secret.js",
        "/link.js",
        "/.hidden.js",
        "/folder.js",
        "/main.js/",
        "/main.js\0.js",
        "/vendor/VENDORED.md",
        "/vendor",
        "/absent.js",
        "/" + "x" * 5000 + ".js",
    ],
)
def test_there_is_nothing_beside_the_files_of_the_page(folder: Path, path: str) -> None:
    assert Pages(folder).find(path) is None


def test_an_absolute_path_of_the_machine_is_no_file_of_the_page(folder: Path) -> None:
    assert Pages(folder).find(f"/{folder.parent / 'secret.js'}") is None


def test_a_file_that_changes_has_another_name_for_its_bytes_and_one_that_vanishes_is_gone(
    folder: Path,
) -> None:
    pages = Pages(folder)
    before = pages.find("/main.js")
    (folder / "main.js").write_text("export const a = 1")
    after = pages.find("/main.js")
    assert before is not None
    assert after is not None
    assert before.etag != after.etag
    (folder / "main.js").unlink()
    assert pages.find("/main.js") is None


def test_the_page_comes_with_the_service() -> None:
    assert STATIC.parent.name == "dashboard"
