from stack.validating.finding import WIDTH, Finding, document_of, lines_of


def test_a_finding_is_a_line_with_what_helps_below_it() -> None:
    assert lines_of(Finding("port", False, "11435 is taken", "make start PROXY_PORT=11436")) == [
        "  port          no   11435 is taken",
        "                     > make start PROXY_PORT=11436",
    ]


def test_long_ones_are_folded_within_a_terminal_and_line_up() -> None:
    lines = lines_of(Finding("model API", None, "word " * 40, "do this " * 30))
    assert len(lines) > 5
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].startswith("  model API     -    word")
    assert lines[1].startswith(" " * 21 + "word")
    assert lines[-1].startswith(" " * 23)


def test_a_path_is_never_cut() -> None:
    path = "/a-" * 60
    assert path in "\n".join(lines_of(Finding("folder", True, f"in {path}")))


def test_nothing_to_say_is_a_line_all_the_same() -> None:
    assert lines_of(Finding("x", True, "")) == ["  x             yes"]


def test_programs_get_each_as_an_object_and_the_verdict() -> None:
    found = [Finding("a", None, "b"), Finding("c", False, "d", "e")]
    assert document_of(found) == {
        "is_ok": False,
        "findings": [
            {"what": "a", "is_ok": None, "detail": "b", "remedy": ""},
            {"what": "c", "is_ok": False, "detail": "d", "remedy": "e"},
        ],
    }
    assert document_of(found[:1])["is_ok"] is True
