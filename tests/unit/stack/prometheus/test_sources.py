from pathlib import Path

import pytest

from stack.places import Places
from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS, Program
from stack.prometheus.sources import (
    Binary,
    Source,
    first,
    in_words,
    parse_version,
    sources,
    taken_from_package,
    tool_at_hand,
    tool_of,
    version_of,
)


def test_the_first_that_is_there_and_runs_is_taken_and_later_ones_are_not_tried(
    tmp_path: Path,
) -> None:
    tried: list[str] = []

    def source(name: str, path: Path | None) -> Source:
        def find() -> Path | None:
            tried.append(name)
            return path

        return Source(name, find)

    ways = [
        source("absent", None),
        source("broken", tmp_path / "broken"),
        source("good", tmp_path / "good"),
        source("never", tmp_path / "never"),
    ]
    found = first(PROMETHEUS, ways, lambda _, path: "3.5.3" if path.name == "good" else None)
    assert found is not None
    assert (found.origin, found.version) == ("good", "3.5.3")
    assert tried == ["absent", "broken", "good"]


def test_no_source_is_no_prometheus() -> None:
    assert first(PROMETHEUS, [Source("absent", lambda: None)], lambda _, path: "1") is None


def test_ways_are_tried_from_the_nearest_to_the_farthest(tmp_path: Path) -> None:
    names = [way.name for way in sources(PROMETHEUS, Places(tmp_path, tmp_path, tmp_path))]
    assert names == [
        "from PATH",
        "fetched before",
        "official release",
        "the distribution's package",
        "Homebrew",
    ]


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("prometheus, version 3.5.3 (branch: HEAD, revision: x)\n  go", "3.5.3"),
        ("prometheus, version 2.42.0+ds (branch: debian/sid)", "2.42.0+ds"),
        ("", None),
        ("prometheus: command not found", None),
    ],
)
def test_the_version_is_read_from_what_prometheus_prints(output: str, version: str | None) -> None:
    assert parse_version(PROMETHEUS, output) == version


def test_the_version_is_that_of_the_program_that_was_meant() -> None:
    output = "alertmanager, version 0.25.0 (branch: debian/sid, revision: 0.25.0-1+b4)"
    assert parse_version(ALERTMANAGER, output) == "0.25.0"
    assert parse_version(PROMETHEUS, output) is None


def test_a_file_that_cannot_run_has_no_version(tmp_path: Path) -> None:
    text = tmp_path / "prometheus"
    text.write_text("not a program")
    text.chmod(0o755)
    assert version_of(PROMETHEUS, text) is None
    assert version_of(PROMETHEUS, tmp_path / "absent") is None


def test_what_was_found_is_said_with_where_it_came_from() -> None:
    assert in_words(Binary(Path("/p"), "from PATH", "0.25.0")) == "0.25.0, from PATH"
    assert in_words(None) == "none"


@pytest.mark.parametrize(
    ("program", "packaged"),
    [(PROMETHEUS, "prometheus"), (ALERTMANAGER, "prometheus-alertmanager")],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_a_package_calls_otherwise_is_taken_under_our_name(
    tmp_path: Path, program: Program, packaged: str
) -> None:
    binaries = tmp_path / "usr/bin"
    binaries.mkdir(parents=True)
    (binaries / packaged).write_text("the program")
    (binaries / program.tool).write_text("the tool")
    places = Places(tmp_path, tmp_path, tmp_path / "downloads")
    taken = taken_from_package(program, binaries, places)
    assert taken is not None
    assert (taken / program.name).read_text() == "the program"
    assert tool_of(program, taken / program.name) == taken / program.tool


def test_a_package_without_the_program_is_none(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path, tmp_path / "downloads")
    assert taken_from_package(ALERTMANAGER, tmp_path, places) is None
    assert not places.downloads.exists()


def test_the_tool_at_hand_is_that_of_the_program_that_a_start_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(tmp_path, tmp_path, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert tool_at_hand(PROMETHEUS, places) is None
    for folder in (places.fetched("prometheus"), tmp_path / "bin"):
        folder.mkdir()
        for name in ("prometheus", "promtool"):
            (folder / name).touch(mode=0o755)
        assert tool_at_hand(PROMETHEUS, places) == folder / "promtool"
