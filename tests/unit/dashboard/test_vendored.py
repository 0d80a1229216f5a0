"""What others wrote is here as they wrote it, with its licence and where it is from."""

import base64
import hashlib
import re
from pathlib import Path

import dashboard

STATIC = Path(dashboard.__file__).parent / "static"
VENDOR = STATIC / "vendor"
ROW = re.compile(
    r"^\| `([^`]+)` \| `(\w+)@([\d.]+)` \| `[^`]+` \| MIT \| `([^`]+)` \|$", re.MULTILINE
)


def rows() -> list[tuple[str, str, str, str]]:
    """File, package, version and sum, as the list states them."""
    return ROW.findall((VENDOR / "VENDORED.md").read_text(encoding="utf-8"))


def test_every_file_is_listed_and_nothing_else_is() -> None:
    there = {path.name for path in VENDOR.iterdir()} - {"VENDORED.md"}
    assert {file for file, *_ in rows()} == there


def test_every_file_is_what_its_sum_says() -> None:
    for file, _, _, told in rows():
        found = hashlib.sha512((VENDOR / file).read_bytes()).digest()
        assert base64.b64encode(found).decode() == told, file


def test_a_name_carries_the_version_and_a_package_its_licence() -> None:
    packages = {(package, version) for _, package, version, _ in rows()}
    for package, version in packages:
        of_it = [file for file, *named in rows() if named[:2] == [package, version]]
        assert all(f"-{version}." in file for file in of_it)
        assert any(file.endswith(".LICENSE") for file in of_it)


def test_the_page_takes_what_is_there() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:src|href)="vendor/([^"]+)"', page))
    assert named == {file for file, *_ in rows() if file.endswith((".js", ".css"))}
