import json
from pathlib import Path

import pytest

from stack.parts import GATEWAY_SCRIPT
from stack.places import REPOSITORY, Places
from stack.portkey.package import ensure, expected, found, unlike

MANIFEST = REPOSITORY / "portkey/package.json"
LOCK = REPOSITORY / "portkey/package-lock.json"


def places_at(tmp_path: Path) -> Places:
    (tmp_path / "portkey").mkdir()
    for path in (MANIFEST, LOCK):
        (tmp_path / "portkey" / path.name).write_text(path.read_text())
    return Places(tmp_path, tmp_path / "state", tmp_path / "downloads")


def install(folder: Path, **other: str) -> None:
    """What npm leaves behind, as far as it is looked at."""
    for name, version in expected(REPOSITORY).versions.items():
        package = folder / "node_modules" / name / "package.json"
        package.parent.mkdir(parents=True)
        version = other.get(name.rpartition("/")[2].replace("-", "_"), version)
        package.write_text(json.dumps({"name": name, "version": version}))
    (folder / GATEWAY_SCRIPT).parent.mkdir(parents=True)
    (folder / GATEWAY_SCRIPT).touch()
    for path in (MANIFEST, LOCK):
        (folder / path.name).write_text(path.read_text())


def test_the_gateway_and_what_its_streams_need_are_held_to_one_version() -> None:
    assert expected(REPOSITORY).versions == {
        "@portkey-ai/gateway": "1.15.2",
        "@hono/node-server": "1.13.5",
        "hono": "4.9.7",
    }


def test_the_manifest_names_no_address_and_is_for_nobody_to_publish() -> None:
    assert "://" not in MANIFEST.read_text()
    assert json.loads(MANIFEST.read_text())["private"] is True
    assert not (MANIFEST.parent / "node_modules").exists()


def test_the_lock_is_the_manifest_s_with_a_sum_for_each_package_and_no_registry() -> None:
    manifest, lock = (json.loads(path.read_text()) for path in (MANIFEST, LOCK))
    own = lock["packages"].pop("")
    assert own["dependencies"] == manifest["dependencies"]
    for name, version in manifest["overrides"].items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for place, said in lock["packages"].items():
        assert said["integrity"].startswith("sha512-"), place
        assert "resolved" not in said, "scripts/lock.sh leaves the registry's address out"


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = places_at(tmp_path)
    install(places.portkey)
    ensure(places)
    assert capsys.readouterr().out == ""


def test_what_was_installed_by_another_lock_is_fetched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = places_at(tmp_path)
    install(places.portkey)
    (tmp_path / "portkey/package-lock.json").unlink()
    with pytest.raises(FileNotFoundError, match="package-lock"):  # so that npm is not asked
        ensure(places)
    assert "fetching" in capsys.readouterr().out


def test_versions_are_read_from_what_was_installed(tmp_path: Path) -> None:
    install(tmp_path, hono="4.13.19")
    wanted = expected(REPOSITORY)
    versions = found(tmp_path, wanted.versions)
    assert versions["@portkey-ai/gateway"] == "1.15.2"
    assert unlike(wanted, versions) == "hono 4.13.19 where 4.9.7 is expected"


def test_what_is_not_installed_has_no_version(tmp_path: Path) -> None:
    wanted = expected(REPOSITORY)
    assert found(tmp_path, wanted.versions) == {}
    assert "hono not at all where 4.9.7 is expected" in unlike(wanted, {})
    assert unlike(wanted, wanted.versions) == ""
