"""The files of the page are found by name; nothing else of the machine is."""

import gzip
from pathlib import Path

import pytest

from dashboard.app import STATIC
from dashboard.pages import Pages, takes_gzip

LONG = "export const words = 'the same again and again'\n" * 20


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
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
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


def test_text_goes_compressed_under_another_name_to_who_reads_that(folder: Path) -> None:
    (folder / "main.js").write_text(LONG)
    file = Pages(folder).find("/main.js")
    assert file is not None
    packed, plain = file.sent("gzip, deflate, br"), file.sent("identity")
    assert gzip.decompress(packed.body) == plain.body == LONG.encode()
    assert len(packed.body) < len(plain.body) / 4
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


def test_what_would_not_be_shorter_goes_as_it_is(folder: Path) -> None:
    (folder / "icon.png").write_bytes(bytes(5000))
    pages = Pages(folder)
    for path in ("/main.js", "/icon.png"):
        file = pages.find(path)
        assert file is not None
        sent = file.sent("gzip")
        assert sent.body == file.body
        assert {"content-encoding", "vary"} & sent.headers.keys() == set()


def test_a_file_is_compressed_once_for_as_long_as_it_is_the_same(folder: Path) -> None:
    (folder / "main.js").write_text(LONG)
    pages = Pages(folder)
    first = pages.find("/main.js")
    assert pages.find("/main.js") is first
    (folder / "main.js").write_text(LONG.upper())
    other = pages.find("/main.js")
    assert first is not None and other is not None
    assert gzip.decompress(other.sent("gzip").body) == LONG.upper().encode()
    assert first.etag != other.etag


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("*", True),
        ("*;q=0.5, gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("br", False),
        ("gzip;q=much", False),
        ("identity, xgzip", False),
        ("", False),
    ],
)
def test_only_who_accepts_gzip_gets_it(accepted: str, is_taken: bool) -> None:
    assert takes_gzip(accepted) is is_taken


def test_the_page_comes_with_the_service() -> None:
    assert STATIC.parent.name == "dashboard"
