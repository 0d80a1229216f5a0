import contextlib
import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from stack.errors import StackError
from stack.pulling import Progress, progress, pull
from tests.ports import free_port


@contextlib.contextmanager
def ollama(*lines: bytes, status: int = 200) -> Iterator[tuple[str, list[bytes]]]:
    """One that tells this account of a pull, and what it was asked."""
    asked = list[bytes]()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.writelines(lines)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_a_pull_is_asked_for_by_name_and_told_as_it_goes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [
        b'{"status":"pulling manifest"}\n',
        b'{"status":"pulling a","total":4000000,"completed":1000000}\n',
        b'{"status":"success"}\n',
    ]
    with ollama(*lines) as (url, asked):
        pull(url, "phi3:mini")
    assert json.loads(asked[0]) == {"model": "phi3:mini"}
    out = capsys.readouterr().out
    assert f"phi3:mini, by the Ollama at {url}" in out
    assert "1 MB of 4 MB" in out
    assert out.splitlines()[-1].strip() == "phi3:mini is there"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b'{"error":"pull model manifest: file does not exist"}\n'], "phi3:mini: .*has no model"),
        ([b'{"status":"pulling manifest"}\n'], "ended with 'pulling manifest'"),
        ([], "ended with 'no word'"),
    ],
)
def test_a_pull_that_does_not_end_well_is_an_error(lines: list[bytes], words: str) -> None:
    with ollama(*lines) as (url, _), pytest.raises(StackError, match=words):
        pull(url, "phi3:mini")


def test_a_refusal_is_said_in_ollama_s_words() -> None:
    with ollama(b'{"error":"invalid model name"}', status=400) as (url, _):
        with pytest.raises(StackError, match=r"^a b: invalid model name \(status 400\)$"):
            pull(url, "a b")


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(StackError, match="broke off"):
        pull(f"http://127.0.0.1:{free_port()}", "phi3:mini")


def test_an_account_is_read_line_by_line() -> None:
    lines = [b'{"status":"a"}', b'{"status":"b","total":2,"completed":1}']
    assert list(progress("m", lines)) == [Progress("a", 0, 0), Progress("b", 1, 2)]
