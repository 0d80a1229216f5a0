from pathlib import Path

from stack.parts import Part
from stack.units.shown import shown_to

CHECKOUT = Path("/home/jo/checkout")


def part(*words: str) -> Part:
    return Part("proxy", words, (), "", 1.0, 1.0)


def there(_: Path) -> bool:
    return True


def test_what_homes_hide_is_shown_and_what_they_do_not_hide_needs_it_not() -> None:
    besides = [CHECKOUT, Path("/usr"), Path("/opt/checkout")]
    assert shown_to(part("/usr/bin/python3"), {}, besides, there) == (CHECKOUT,)


def test_what_lies_in_something_shown_is_shown_with_it() -> None:
    found = shown_to(part(f"{CHECKOUT}/.venv/bin/python"), {}, [CHECKOUT], there)
    assert found == (CHECKOUT,)


def test_a_file_that_a_flag_or_a_variable_names_is_shown() -> None:
    words = part("/usr/bin/p", "--config=/root/a.json", "--x", "/tmp/b c")
    found = shown_to(words, {"PROXY_KEY_FILE": "/home/jo/key", "N": "1"}, [], there)
    assert found == tuple(map(Path, ("/home/jo/key", "/root/a.json", "/tmp/b c")))


def test_a_home_itself_and_what_is_not_there_are_not_shown() -> None:
    assert shown_to(part("/usr/bin/p", "/home"), {"A": "/root"}, [], there) == ()
    assert shown_to(part("/usr/bin/p", "/home/jo/gone"), {}, [], lambda _: False) == ()


def test_the_program_behind_a_link_is_shown(tmp_path: Path) -> None:
    program = tmp_path / "versions/python"
    program.parent.mkdir()
    program.touch()
    link = tmp_path / "python"
    link.symlink_to(program)
    hidden = str(tmp_path).startswith(("/tmp", "/root", "/home"))
    assert (program in shown_to(part(str(link)), {}, [])) is hidden
