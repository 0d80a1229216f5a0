from pathlib import Path

import pytest

from stack.places import Places
from stack.prometheus.sources import Source, first, parse_version, sources, version_of


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
    found = first(ways, lambda path: "3.5.3" if path.name == "good" else None)
    assert found is not None
    assert (found.origin, found.version) == ("good", "3.5.3")
    assert tried == ["absent", "broken", "good"]


def test_no_source_is_no_prometheus() -> None:
    assert first([Source("absent", lambda: None)], lambda _: "1") is None


def test_ways_are_tried_from_the_nearest_to_the_farthest(tmp_path: Path) -> None:
    names = [way.name for way in sources(Places(tmp_path, tmp_path, tmp_path))]
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
    assert parse_version(output) == version


def test_a_file_that_cannot_run_has_no_version(tmp_path: Path) -> None:
    text = tmp_path / "prometheus"
    text.write_text("not a program")
    text.chmod(0o755)
    assert version_of(text) is None
    assert version_of(tmp_path / "absent") is None
