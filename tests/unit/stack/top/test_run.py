import io
import json
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from stack.arguments import parse
from stack.errors import SettingsError
from stack.plan import Plan
from stack.request import Request, read_request
from stack.top.asking import Answer, HttpAsker
from stack.top.run import NOBODY, SOMEBODY, each_replica, flags_of, show, show_once, top
from stack.top.targets import Flags, Targets
from tests.answering import answering
from tests.ports import free_port
from tests.tops import DOWN, EVIL, FACTS, entry

PAGE = b"exporter_build_info 1\nollama_up 1\nhost_cpus 2\n"


def request_at(tmp_path: Path, **variables: str) -> Request:
    nobody = {
        name: str(free_port())
        for name in ("PROXY_CONTROL_PORT", "GPU_EXPORTER_PORT", "PROMETHEUS_PORT")
    }
    return read_request(
        {**nobody, "STACK_STATE_DIR": str(tmp_path / "state"), "TERM": "xterm", **variables},
        tmp_path,
    )


def test_flags_are_those_of_the_command_line() -> None:
    words = ["--host", "h", "--proxy", "a", "--proxy", "b", "--exporter", "c", "--prometheus", "d"]
    assert flags_of(parse(["top", *words])) == Flags("h", ("a", "b"), "c", "d")
    assert flags_of(parse(["top"])) == Flags()


def test_where_nothing_answers_it_says_who_and_what_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = request_at(tmp_path)
    assert top(request, parse(["top", "--once"])) == NOBODY == 3
    out = capsys.readouterr().out
    assert out.count(": connection refused\n") == 3
    assert f"at http://127.0.0.1:{request.settings.proxy_control_port}: connection refused" in out
    assert "not running: make start\n" in out
    assert "\x1b" not in out


def test_for_programs_there_is_one_document_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert top(request_at(tmp_path), parse(["top", "--once", "--json"])) == NOBODY
    found = capsys.readouterr()
    assert (json.loads(found.out)["in_flight"], found.err) == (None, "")


def test_one_part_that_answers_is_somebody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(200, PAGE, "/metrics") as url:
        words = ["top", "--exporter", url, "--interval", "0.2"]
        # no terminal: once, without being told
        assert top(request_at(tmp_path), parse(words)) == SOMEBODY
    out = capsys.readouterr().out
    assert "Ollama up" in out
    assert "Machine  CPU - of 2" in out
    assert "requests are not known while no proxy answers" in out


def test_the_plan_of_another_world_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.unit.stack.top.test_targets import part

    with answering(200, PAGE, "/metrics") as url:
        port = int(url.rpartition(":")[2])
        plan = Plan(
            (
                part("proxy", ("PROXY_CONTROL_PORT", free_port())),
                part("gpu-exporter", ("GPU_EXPORTER_PORT", port)),
            )
        )
        words = ["top", "--once", "--json", "--interval", "0.2"]
        assert top(request_at(tmp_path), parse(words), plan) == SOMEBODY
    told = json.loads(capsys.readouterr().out)
    assert (told["host"]["cpus"], told["ollama"]["is_up"]) == (2, True)


@pytest.mark.parametrize("interval", ["0", "-1", "0.1", "3601", "nan", "inf"])
def test_an_interval_that_makes_no_sense_is_refused(tmp_path: Path, interval: str) -> None:
    with pytest.raises(SettingsError, match=r"--interval: expected 0.2 to 3600 seconds, found "):
        top(request_at(tmp_path), parse(["top", f"--interval={interval}"]))


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--proxy: expected http://host:port"):
        top(request_at(tmp_path), parse(["top", "--proxy", "gpu-box"]))


@pytest.mark.parametrize("flag", ["--host", "--proxy", "--exporter", "--prometheus"])
def test_a_flag_that_names_nothing_is_refused(tmp_path: Path, flag: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{flag}: expected .*, found ''$"):
        top(request_at(tmp_path), parse(["top", "--once", flag, ""]))


def test_a_part_that_cannot_be_found_at_all_is_an_error_and_no_screen(tmp_path: Path) -> None:
    def find() -> Targets:
        raise SettingsError("no such thing")

    with pytest.raises(SettingsError, match="no such thing"):
        show(request_at(tmp_path), parse(["top", "--once"]), find, HttpAsker)


def test_a_name_that_nobody_has_is_asked_all_the_same() -> None:
    targets = Targets("x", ("http://127.0.0.1:1", "http://name.invalid:1", "http://127.0.0.1:1"))
    assert each_replica(targets).proxies == ("http://127.0.0.1:1", "http://name.invalid:1")


def test_a_screen_is_plain_text_as_wide_as_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    show_once(FACTS, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("Ollama Observe")
    assert "q quit" not in lines[-1]


def test_what_standard_output_cannot_write_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    facts = type(FACTS)(at=FACTS.at, sources=FACTS.sources, requests=(entry("模型"), entry(EVIL)))
    with io.TextIOWrapper(data, encoding="ascii", write_through=True) as out:
        monkeypatch.setattr(sys, "stdout", out)
        show_once(facts, as_json=False)
        text = data.getvalue().decode("ascii")
    assert "??" in text
    assert text.replace("\n", "").isprintable()


def test_a_document_is_told_of_what_is_down(capsys: pytest.CaptureFixture[str]) -> None:
    show_once(DOWN, as_json=True)
    assert {one["is_up"] for one in json.loads(capsys.readouterr().out)["sources"]} == {False}


class Kept:
    """An exporter on a connection that is kept."""

    def __init__(self, url: str) -> None:
        self.name = url
        self.is_open = False

    def get(self, path: str, accepted: Collection[int] = ()) -> Answer:
        self.is_open = True
        return Answer(200, PAGE)

    def close(self) -> None:
        self.is_open = False


def test_who_was_looked_at_once_is_left_with_no_connection_open(tmp_path: Path) -> None:
    askers = list[Kept]()

    def open_asker(url: str) -> Kept:
        askers.append(Kept(url))
        return askers[-1]

    arguments = parse(["top", "--once", "--interval", "0.2"])
    targets = Targets("here", exporter="http://exporter")
    assert show(request_at(tmp_path), arguments, lambda: targets, open_asker) == SOMEBODY
    assert [asker.is_open for asker in askers] == [False]
