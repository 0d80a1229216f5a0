"""One line per event, ours and uvicorn's alike. Each case is a process of its own."""

import json
import select
import subprocess
import sys
from pathlib import Path

from ollama_observe.service.logging import _together

LOG = """
import asyncio, logging, structlog
from ollama_observe.service.logging import configure_logging, event_log
configure_logging("sample", {level!r}, {form!r})
{body}
"""


FIELDS = """{'status': 200, 'seconds': 0.25, 'model': 'ü "x" \\n', 'tokens': None, 'own': Own()}"""
EVENT = f"""
class Own:
    def __repr__(self): return 'of its own kind'
event_log('sample', 'a.b')('thing_done', {FIELDS})
"""


def logged(body: str, form: str = "json", level: str = "info") -> list[str]:
    script = LOG.format(form=form, level=level, body=body)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()


def test_an_event_is_one_json_line_with_its_fields() -> None:
    (line,) = logged("structlog.stdlib.get_logger('a.b').info('thing_done', count=3)")
    said = json.loads(line)
    assert said["event"] == "thing_done"
    assert (said["count"], said["level"], said["logger"]) == (3, "info", "a.b")
    assert said["service"] == "sample"
    assert said["timestamp"].endswith("Z")


def test_a_line_of_uvicorn_has_the_same_shape() -> None:
    (line,) = logged("logging.getLogger('uvicorn.error').warning('hello %s', 'there')")
    said = json.loads(line)
    assert (said["event"], said["service"]) == ("hello there", "sample")


def test_an_exception_is_inside_its_line() -> None:
    (line,) = logged(
        "try: 1/0\nexcept Exception: structlog.stdlib.get_logger().exception('went_wrong')"
    )
    assert "ZeroDivisionError" in json.loads(line)["exception"]


def test_what_the_relay_has_said_better_is_dropped() -> None:
    cut = (
        "log = logging.getLogger('uvicorn.error')\n"
        "log.error('ASGI callable returned without completing response.')\n"
        "log.error('Exception', exc_info=asyncio.CancelledError())\n"
        "log.info('Started server process')\n"
        "log.error('something else', exc_info=ValueError('x'))"
    )
    assert [json.loads(line)["event"] for line in logged(cut)] == ["something else"]


def test_clients_of_http_log_no_address_but_what_went_wrong() -> None:
    said = "\n".join(
        f"logging.getLogger({name!r}).{level}('{name} {level}')"
        for name in ("httpx2", "httpcore2.connection")
        for level in ("debug", "info", "warning")
    )
    warned = ["httpx2 warning", "httpcore2.connection warning"]
    assert [json.loads(line)["event"] for line in logged(said, level="debug")] == warned
    assert logged(said, level="error") == []


def test_levels_below_the_chosen_one_are_silent() -> None:
    assert logged("structlog.stdlib.get_logger().debug('quiet')") == []


def test_the_console_form_is_text() -> None:
    (line,) = logged("structlog.stdlib.get_logger().info('thing_done')", "console")
    assert "thing_done" in line
    assert not line.startswith("{")


def test_the_cheap_way_writes_the_line_that_structlog_writes() -> None:
    body = f"{EVENT}\nstructlog.stdlib.get_logger('a.b').info('thing_done', **{FIELDS})"
    cheap, usual = (json.loads(line) for line in logged(body))
    assert cheap["timestamp"] <= usual["timestamp"]
    assert len(cheap.pop("timestamp")) == len(usual.pop("timestamp"))
    assert list(cheap.items()) == list(usual.items())
    assert cheap["own"] == "of its own kind"


def test_the_cheap_way_writes_no_spaces_where_structlog_writes_none() -> None:
    body = (
        "event_log('sample', 'a.b')('thing_done', {'count': 3})\n"
        "structlog.stdlib.get_logger('a.b').info('thing_done', count=3)"
    )
    cheap, usual = (line.split('"timestamp"')[0] for line in logged(body))
    assert cheap == usual


def test_the_cheap_way_is_silent_below_the_chosen_level() -> None:
    assert logged(EVENT, level="warning") == []


def test_the_cheap_way_is_text_in_the_console_form() -> None:
    (line,) = logged("event_log('sample', 'a.b')('thing_done', {'count': 3})", "console")
    assert "thing_done" in line
    assert "count" in line
    assert not line.startswith("{")


def test_lines_leave_together_and_whole_as_far_as_a_pipe_takes_them_at_once() -> None:
    """Several processes write to one log: what a pipe takes at once is not cut into another's."""
    lines = [b"%d" % number * 50 + b"\n" for number in range(200)] + [b"x" * 9000 + b"\n", b"y\n"]
    batches = list(_together(lines))
    assert b"".join(batches) == b"".join(lines)
    assert all(batch.endswith(b"\n") for batch in batches)
    assert [len(batch) for batch in batches if len(batch) > select.PIPE_BUF] == [9001]
    assert len(batches) < 10


def test_a_log_that_cannot_be_written_is_no_reason_to_fail() -> None:
    script = LOG.format(form="json", level="info", body=f"{EVENT}\nprint('still here')")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert done.stdout == b"still here\n"
