"""The exporter's answer in lines, as JSON and as an exit code; and what is said where none is."""

import contextlib
import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stack.arguments import parse
from stack.errors import NoExporterError, SettingsError
from stack.fit import CANNOT_TELL, FITS, FITS_NOT, Told, exit_code, fit, lines
from stack.parts import gpu_exporter_part, proxy_part
from stack.plan import Plan
from stack.request import read_request
from stack.settings import parse as settings_of
from stack.top.targets import NOT_THERE
from tests.answering import answering
from tests.ports import free_port

ROOM = {"head_room": {"sentences": ["main memory: 22.0 GB free", "no model is loaded"]}}
JUDGED = ROOM | {
    "verdict": "fits",
    "summary": "a fits as the only model on main memory",
    "reasons": ["it needs 315 MB"],
    "assumptions": ["context 8192"],
}


def plan(url: str) -> Plan:
    settings = settings_of({"GPU_EXPORTER_PORT": url.rpartition(":")[2]})
    proxy = proxy_part(settings, "http://o")
    return Plan((proxy, gpu_exporter_part(settings, "http://o", proxy.addresses[1], None)))


@contextlib.contextmanager
def exporter(status: int, document: Mapping[str, Any], path: str | None = None) -> Iterator[Plan]:
    """An exporter with one answer, as the plan knows it."""
    with answering(status, json.dumps(document).encode(), path) as url:
        yield plan(url)


def asked(*words: str) -> Namespace:
    return parse(["fit", *words])


def test_without_a_model_head_room_is_told_and_that_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with exporter(200, ROOM, "/api/fit?") as running:
        assert fit(read_request({}, tmp_path), asked(), running) == FITS == 0
    assert capsys.readouterr().out == (
        "head-room:\n  main memory: 22.0 GB free\n  no model is loaded\n"
    )


def test_a_model_is_asked_for_with_what_was_said_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/api/fit?model=a%3A1b&context=8192&parallel=2&kv_cache_type=q8_0&flash_attention=off"
    words = ("--model=a:1b", "--context=8192", "--parallel=2", "--kv-cache-type=q8_0")
    with exporter(200, JUDGED, path) as running:
        code = fit(read_request({}, tmp_path), asked(*words, "--flash-attention=off"), running)
    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "a fits as the only model on main memory",
        "because:",
        "  it needs 315 MB",
        "taken to be so:",
        "  context 8192",
        "head-room:",
        "  main memory: 22.0 GB free",
        "  no model is loaded",
    ]


def test_for_programs_it_is_the_exporter_s_own_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with exporter(200, JUDGED) as running:
        assert fit(read_request({}, tmp_path), asked("--json", "--model=a"), running) == 0
    assert json.loads(capsys.readouterr().out) == JUDGED


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("fits", FITS),
        ("fits_after", FITS_NOT),
        ("fits_partly", FITS_NOT),
        ("does_not_fit", FITS_NOT),
        ("unknown", CANNOT_TELL),
        ("of_another_version", CANNOT_TELL),
    ],
)
def test_the_exit_code_says_it_too(verdict: str, code: int) -> None:
    assert exit_code(msgspec.convert(JUDGED | {"verdict": verdict}, Told)) == code


@pytest.mark.parametrize("status", [400, 404])
def test_bad_input_is_exit_code_2(tmp_path: Path, status: int) -> None:
    with exporter(status, {"error": "Ollama has no model b"}) as running:
        with pytest.raises(SettingsError, match="Ollama has no model b") as raised:
            fit(read_request({}, tmp_path), asked("--model=b"), running)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("status", [502, 503])
def test_where_ollama_does_not_answer_it_cannot_be_told(tmp_path: Path, status: int) -> None:
    with exporter(status, {"error": "http://o gave no answer"}) as running:
        with pytest.raises(NoExporterError, match="http://o gave no answer") as raised:
            fit(read_request({}, tmp_path), asked(), running)
    assert raised.value.exit_code == CANNOT_TELL == 3


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"x"), (200, b"[]"), (200, b"{}"), (404, b'{"detail":"Not Found"}')]
)
def test_what_is_no_exporter_is_named(tmp_path: Path, status: int, body: bytes) -> None:
    with answering(status, body) as url:
        with pytest.raises(NoExporterError, match=f"at {url} is no exporter: status {status}"):
            fit(read_request({}, tmp_path), asked(), plan(url))


DEEP = b'{"head_room":{"sentences":[]},"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b'{"head_room":1}',
        b'{"head_room":{}}',
        b'{"head_room":{"sentences":[1]}}',
        b'{"head_room":{"sentences":["\xff"]}}',
        b'{"head_room":{"sentences":[]}}',  # it was asked for a verdict
        b'{"head_room":{"sentences":[]},"verdict":"fits"}',
        b'{"head_room":{"sentences":[]},"verdict":"fits","summary":"x","reasons":3}',
        b'{"error":"x"}',
        DEEP,
    ],
)
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_answer_without_its_parts_is_no_exporter_s(
    tmp_path: Path, body: bytes, words: tuple[str, ...]
) -> None:
    with answering(200, body) as url:
        with pytest.raises(NoExporterError, match="is no exporter: status 200") as raised:
            fit(read_request({}, tmp_path), asked("--model=a", *words), plan(url))
    assert raised.value.exit_code == 3


def test_an_empty_model_is_asked_for_too_and_not_taken_for_none(tmp_path: Path) -> None:
    with exporter(400, {"error": "model: expected a name"}, "/api/fit?model=") as running:
        with pytest.raises(SettingsError, match="model: expected a name"):
            fit(read_request({}, tmp_path), asked("--model", ""), running)


def test_one_that_does_not_answer_is_named(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoExporterError, match=f"the exporter at {url} does not answer"):
        fit(read_request({}, tmp_path), asked(), plan(url))


def test_where_nothing_runs_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoExporterError, match="not running: make start"):
        fit(read_request({}, tmp_path), asked())
    with pytest.raises(NoExporterError, match="not running: make start"):
        fit(read_request({}, tmp_path), asked(), Plan())


def test_where_it_runs_without_the_exporter_that_is_said(tmp_path: Path) -> None:
    alone = Plan((proxy_part(settings_of({}), "http://o"),))
    with pytest.raises(NoExporterError, match="without the exporter"):
        fit(read_request({}, tmp_path), asked(), alone)


def test_another_exporter_can_be_named(tmp_path: Path) -> None:
    with answering(200, json.dumps(ROOM).encode()) as url:
        assert fit(read_request({}, tmp_path), asked(f"--exporter={url}/")) == 0
    with pytest.raises(SettingsError, match="expected http://host:port, found 'box'"):
        fit(read_request({}, tmp_path), asked("--exporter=box"))


@pytest.mark.parametrize(
    "url", ["bob:secret@box", "http://bob:secret@box:99999", "ftp://b:secret@x"]
)
def test_a_password_is_never_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match=r"^--exporter: expected http://host:port$"):
        fit(read_request({}, tmp_path), asked(f"--exporter={url}"))


def test_a_named_one_that_is_silent_is_not_called_ours(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(NoExporterError) as raised:
        fit(read_request({}, tmp_path), asked(f"--exporter=http://bob:secret@127.0.0.1:{port}"))
    assert str(raised.value) == (
        f"the exporter at http://127.0.0.1:{port} does not answer (connection refused). {NOT_THERE}"
    )


def test_an_empty_address_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--exporter: expected http://host:port, found ''"):
        fit(read_request({}, tmp_path), asked("--exporter="))


def test_no_line_moves_the_terminal_s_cursor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with exporter(200, {"head_room": {"sentences": ["a\x1b[2J\nb"]}}) as running:
        fit(read_request({}, tmp_path), asked(), running)
    out = capsys.readouterr().out
    assert "\x1b" not in out and out.count("\n") == 2


def test_what_was_not_said_has_no_paragraph() -> None:
    assert "because:" not in list(lines(msgspec.convert(JUDGED | {"reasons": []}, Told)))
