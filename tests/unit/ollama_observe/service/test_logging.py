"""One line per event, ours and uvicorn's alike. Each case is a process of its own."""

import json
import subprocess
import sys

LOG = """
import asyncio, logging, structlog
from ollama_observe.service.logging import configure_logging
configure_logging("sample", "info", {form!r})
{body}
"""


def logged(body: str, form: str = "json") -> list[str]:
    script = LOG.format(form=form, body=body)
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


def test_levels_below_the_chosen_one_are_silent() -> None:
    assert logged("structlog.stdlib.get_logger().debug('quiet')") == []


def test_the_console_form_is_text() -> None:
    (line,) = logged("structlog.stdlib.get_logger().info('thing_done')", "console")
    assert "thing_done" in line
    assert not line.startswith("{")
