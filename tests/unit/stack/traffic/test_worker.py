import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stack.errors import NoWorkerError, SettingsError, StackError
from stack.request import Request, read_request
from stack.traffic import worker
from tests.fakes.server import Call, ScriptedServer
from tests.ollamas import serving
from tests.ports import free_port

IDLE = {"state": "idle", "detail": "", "run": None}
WAITING = {"state": "waiting", "detail": "nothing answers", "run": None}


@dataclass
class WrittenWorker:
    """A worker whose answers a test writes, by method and path."""

    answers: dict[str, tuple[str, Any]] = field(default_factory=lambda: {"GET /status": ok(IDLE)})
    asked: list[tuple[str, Any]] = field(default_factory=list)

    async def __call__(self, call: Call) -> None:
        await call.is_read.wait()
        what = f"{call.method} {call.target}"
        self.asked.append((what, json.loads(call.body) if call.body else None))
        status, document = self.answers.get(what, ("404 Not Found", {}))
        await call.answer(status, [], json.dumps(document).encode())


def ok(document: Any) -> tuple[str, Any]:
    return "200 OK", document


@pytest.fixture
def written() -> WrittenWorker:
    return WrittenWorker()


@pytest.fixture
def server(written: WrittenWorker) -> Iterator[ScriptedServer]:
    with serving(written) as server:
        yield server


@pytest.fixture
def request_(server: ScriptedServer, tmp_path: Path) -> Request:
    return asked_at(server.port, tmp_path)


def asked_at(port: int, folder: Path) -> Request:
    return read_request({"TRAFFIC_WORKER_PORT": str(port)}, folder)


def test_it_is_told_what_the_flags_say(
    written: WrittenWorker, request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    written.answers["POST /start"] = ok(WAITING)
    assert worker.start(request_, ["--mix", "rag", "--rate-per-second=2"]) == 0
    assert written.asked[-1] == ("POST /start", {"mix": "rag", "rate_per_second": "2"})
    assert capsys.readouterr().out.startswith("waiting: nothing answers (the worker at http://")


def test_it_goes_on_at_another_rate(written: WrittenWorker, request_: Request) -> None:
    written.answers["PATCH /rate"] = ok(IDLE)
    assert worker.change_rate(request_, "0.5") == 0
    assert written.asked[-1] == ("PATCH /rate", {"rate_per_second": "0.5"})


@pytest.mark.parametrize("rate", [None, ""])
def test_a_rate_that_is_not_said_is_asked_for(rate: str | None, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="make traffic-rate RATE="):
        worker.change_rate(asked_at(1, tmp_path), rate)


def test_that_there_is_nothing_to_stop_is_no_error(
    written: WrittenWorker, request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    written.answers["POST /stop"] = ("409 Conflict", {"error": "it is idle: nothing to stop"})
    assert worker.stop(request_) == 0
    assert capsys.readouterr().out.startswith("idle (the worker at")


@pytest.mark.parametrize(
    ("status", "said", "error", "sentence"),
    [
        ("409 Conflict", "it is running: POST /stop first", StackError, "make traffic-stop first"),
        ("422 Unprocessable Content", "MIX: none", SettingsError, "^MIX: none$"),
        ("502 Bad Gateway", "nothing answers", StackError, "^nothing answers$"),
    ],
)
def test_its_refusal_is_said_in_the_words_of_the_verbs(
    status: str,
    said: str,
    error: type[StackError],
    sentence: str,
    written: WrittenWorker,
    request_: Request,
) -> None:
    written.answers["POST /start"] = (status, {"error": said})
    with pytest.raises(error, match=sentence) as refusal:
        worker.start(request_, [])
    assert type(refusal.value) is error


def test_an_answer_that_is_no_worker_s_is_said_to_be_none(
    written: WrittenWorker, request_: Request
) -> None:
    written.answers["POST /start"] = ("500 Internal Server Error", [])
    with pytest.raises(StackError, match="expected a word of the traffic worker, found status 500"):
        worker.start(request_, [])


def test_a_worker_that_goes_away_while_it_is_told_is_named(
    written: WrittenWorker, request_: Request
) -> None:
    def gone(call: Call) -> None:
        call.close()

    async def script(call: Call) -> None:
        await call.is_read.wait()
        await (written(call) if call.method == "GET" else closed(call, gone))

    with serving(script) as server:
        request = asked_at(server.port, request_.places.repository)
        with pytest.raises(StackError, match="did not answer: make traffic-status"):
            worker.stop(request)


async def closed(call: Call, how: Callable[[Call], None]) -> None:
    how(call)


def test_its_status_is_an_exit_code_and_a_document(
    written: WrittenWorker, request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    assert worker.status(request_) == 0
    written.answers["GET /status"] = ok(WAITING)
    assert worker.status(request_) == 1
    capsys.readouterr()
    assert worker.status(request_, as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert found.pop("url").endswith(f":{request_.settings.traffic_worker_port}")
    assert found == {"running": True, **WAITING}


def test_where_there_is_none_what_to_type_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = asked_at(free_port(), tmp_path)
    for verb in (worker.stop, lambda r: worker.start(r, []), lambda r: worker.status(r, True)):
        with pytest.raises(NoWorkerError, match="make start TRAFFIC=on"):
            verb(request)
    assert json.loads(capsys.readouterr().out) == {"running": False}


def test_what_else_answers_there_is_told_nothing(written: WrittenWorker, request_: Request) -> None:
    written.answers["GET /status"] = ok({"status": "fine"})
    with pytest.raises(NoWorkerError):
        worker.stop(request_)
    assert [what for what, _ in written.asked] == ["GET /status"]


@pytest.mark.parametrize("flags", [["mix", "rag"], ["--mix"], ["--mix", "rag", "x"]])
def test_flags_without_values_are_refused_with_an_example(flags: list[str]) -> None:
    with pytest.raises(SettingsError, match=r"as in --mix rag, found (mix|--mix|x)$"):
        worker.settings_in(flags)


def test_flags_are_settings_with_their_values() -> None:
    assert worker.settings_in(["--mix=rag", "--max-tokens", "9", "--model=a=3,b=1"]) == {
        "mix": "rag",
        "max_tokens": "9",
        "model": "a=3,b=1",
    }
