from pathlib import Path

from stack.logs import prefixed

FILES = ["/x/log/engine.log", "/x/log/proxy.log"]


def test_each_line_carries_its_part_in_place_of_tails_headers() -> None:
    output = ["==> /x/log/engine.log <==\n", "one\n", "\n", "==> /x/log/proxy.log <==\n", "two\n"]
    assert list(prefixed(output, FILES)) == ["engine | one", "proxy  | two"]


def test_a_line_that_looks_like_the_header_of_another_file_is_a_line() -> None:
    output = [f"==> {FILES[0]} <==\n", "==> /etc/passwd <==\n"]
    assert list(prefixed(output, FILES)) == ["engine | ==> /etc/passwd <=="]


def test_prefixes_are_the_names_of_the_files() -> None:
    assert Path(FILES[0]).stem == "engine"
