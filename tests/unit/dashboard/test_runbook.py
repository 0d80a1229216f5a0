"""What to do when an alert fires can be read from the page, without another server."""

from pathlib import Path

from dashboard.runbook import Runbook, section_of

TEXT = (
    "# Runbook\n\nAll.\n\n## A\n\n<!-- x -->\n\nDo.\n\n<!-- end -->\n\n### More\n\n## BeC\n\nBe.\n"
)


def test_a_section_is_what_is_between_two_headings() -> None:
    assert section_of(TEXT, "a") == "## A\n\nDo.\n\n### More\n"
    assert section_of(TEXT, "bec") == "## BeC\n\nBe.\n"


def test_the_whole_is_without_comments(tmp_path: Path) -> None:
    path = tmp_path / "RUNBOOK.md"
    assert Runbook(path).whole() is None
    path.write_text(TEXT)
    assert (
        Runbook(path).whole() == "# Runbook\n\nAll.\n\n## A\n\nDo.\n\n### More\n\n## BeC\n\nBe.\n"
    )


def test_there_is_no_section_of_another_name() -> None:
    assert section_of(TEXT, "more") is None
    assert section_of("", "a") is None


def test_a_file_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    path = tmp_path / "RUNBOOK.md"
    assert Runbook(path).section("a") is None
    path.write_bytes(b"## A\n\xff")
    assert Runbook(path).section("a") is None
    path.write_text(TEXT)
    assert Runbook(path).section("bec") == "## BeC\n\nBe.\n"
