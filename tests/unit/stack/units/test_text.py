from pathlib import Path

import pytest

from stack.errors import StackError
from stack.units.text import command, environment_file, path_of, plain, quoted


def test_a_word_with_all_that_units_give_a_meaning_is_one_word() -> None:
    assert quoted('a b"c\\d%e$f:g') == '"a b\\"c\\\\d%%e$f:g"'


def test_nothing_is_replaced_in_a_command() -> None:
    assert command(["/opt/a b/python", "-m", "proxy"]) == ':"/opt/a b/python" "-m" "proxy"'


def test_a_path_to_the_end_of_the_line_needs_no_quotes() -> None:
    assert plain(Path("/srv/100% ours")) == "/srv/100%% ours"
    assert path_of("/srv/100%% ours") == Path("/srv/100% ours")


@pytest.mark.parametrize("path", ["/srv/blank ", "/srv/back\\", "/srv/two\nlines"])
def test_a_path_that_cannot_be_written_is_refused_by_name(path: str) -> None:
    with pytest.raises(StackError, match="systemd cannot be told of '/srv/"):
        plain(Path(path))


def test_a_word_of_two_lines_is_refused() -> None:
    with pytest.raises(StackError, match="control character"):
        quoted("one\ntwo")


def test_variables_are_written_so_that_whatever_they_hold_comes_back() -> None:
    written = environment_file({"B": 'a"b\\c$d`e f\ng', "A": ""})
    assert written == 'A=""\nB="a\\"b\\\\c\\$d\\`e f\ng"\n'
