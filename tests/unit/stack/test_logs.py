from pathlib import Path

from stack.logs import last_lines, prefixed, size_bytes

FILES = ["/x/log/engine.log", "/x/log/proxy.log"]


def test_each_line_carries_its_part_in_place_of_tails_headers() -> None:
    output = ["==> /x/log/engine.log <==\n", "one\n", "\n", "==> /x/log/proxy.log <==\n", "two\n"]
    assert list(prefixed(output, FILES)) == ["engine | one", "proxy  | two"]


def test_a_line_that_looks_like_the_header_of_another_file_is_a_line() -> None:
    output = [f"==> {FILES[0]} <==\n", "==> /etc/passwd <==\n"]
    assert list(prefixed(output, FILES)) == ["engine | ==> /etc/passwd <=="]


def test_the_lines_of_one_file_alone_carry_its_part_too() -> None:
    assert list(prefixed(["one\n"], FILES[:1])) == ["engine | one"]


def test_the_end_of_a_log_is_its_last_fifteen_lines(tmp_path: Path) -> None:
    log = tmp_path / "proxy.log"
    log.write_text("".join(f"line {number}\n" for number in range(20)))
    lines = last_lines(log).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (15, "  line 5", "  line 19")


def test_a_log_that_is_not_there_is_said_to_be_absent(tmp_path: Path) -> None:
    assert "no log" in last_lines(tmp_path / "absent.log")


def test_what_a_log_held_before_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "proxy.log"
    log.write_text("an old mistake\n")
    before = size_bytes(log)
    assert last_lines(log, before) == "  (it wrote nothing)"
    with log.open("a") as file:
        file.write("a new one\n")
    assert last_lines(log, before) == "  a new one"


def test_a_log_that_was_rotated_meanwhile_is_all_new(tmp_path: Path) -> None:
    log = tmp_path / "proxy.log"
    log.write_text("new\n")
    assert last_lines(log, 10_000_000) == "  new"


def test_a_log_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert size_bytes(tmp_path / "absent.log") == 0
