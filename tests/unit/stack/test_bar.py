import pytest

from stack.bar import download_bar


def test_into_a_pipe_a_download_is_a_line_at_each_quarter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with download_bar() as advance:
        for done in range(101):
            advance(done * 1_000_000, 100_000_000)
    lines = capsys.readouterr().out.split("\n")
    assert [line.strip() for line in lines if line] == [
        "25 MB of 100 MB",
        "50 MB of 100 MB",
        "75 MB of 100 MB",
        "100 MB of 100 MB",
    ]


def test_a_download_of_unknown_size_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with download_bar() as advance:
        advance(5_000_000, 0)
    assert capsys.readouterr().out == ""
