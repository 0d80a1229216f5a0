"""One line per event, ours and uvicorn's alike: JSON, or readable text on a terminal.

Event names are snake case and past tense; values are fields, never interpolated.
Prompts, answers and keys are never logged.
"""

import asyncio
import contextlib
import logging
import select
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Literal

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

EventLog = Callable[[str, Mapping[str, object]], None]

_JSON = "json"
"""The name of the handler that writes JSON lines."""


class _DropSaidBetterByUs(logging.Filter):
    """Without what uvicorn says of a request that its app has logged with its outcome.

    An answer that broke off upstream leaves its app uncompleted, which closes the
    connection as it must; a drain that ran out cancels its app.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        uncompleted = record.msg == "ASGI callable returned without completing response."
        return not uncompleted and not isinstance(error, asyncio.CancelledError)


def _without_color_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)
    return event


def configure_logging(
    service: str, level: str = "info", form: Literal["auto", "json", "console"] = "auto"
) -> None:
    """Send structlog and the standard library through one renderer to standard error."""
    as_text = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared = _shared_processors(service)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, as_text))
    handler.addFilter(_DropSaidBetterByUs())
    handler.name = None if as_text else _JSON
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    _quieten_uvicorn()
    _quieten_clients()


def event_log(service: str, logger: str) -> EventLog:
    """A function that logs an event with its fields at `info`: the cheap way, for hot paths.

    The line is the one that structlog writes, without its context variables. Lines of one turn
    of the event loop leave together, at its end. To be called after configure_logging; where
    that chose text, or was not called, structlog does it all.
    """
    for handler in logging.getLogger().handlers:
        if handler.name == _JSON and isinstance(handler, logging.StreamHandler):
            return _json_log(service, logger, handler.stream.buffer)
    log = structlog.stdlib.get_logger(logger)
    return lambda event, fields: log.info(event, **fields)


def _json_log(service: str, logger: str, stream: BinaryIO) -> EventLog:
    is_enabled_for = logging.getLogger(logger).isEnabledFor
    encode = msgspec.json.Encoder(enc_hook=repr).encode
    always = {"level": "info", "logger": logger, "service": service}

    waiting: list[bytes] = []

    def leave() -> None:
        batches = list(_together(waiting))
        waiting.clear()
        # a log that nobody reads, or whose disk is full, is no reason for a request to fail
        with contextlib.suppress(OSError, ValueError):
            for lines in batches:
                stream.write(lines)
                stream.flush()

    def write(event: str, fields: Mapping[str, object]) -> None:
        if not is_enabled_for(logging.INFO):
            return
        said = {**fields, "event": event, **always, "timestamp": datetime.now(UTC)}
        waiting.append(encode(said) + b"\n")
        if len(waiting) == 1:
            try:
                asyncio.get_running_loop().call_soon(leave)
            except RuntimeError:  # no loop: nothing to wait for
                leave()

    return write


def _together(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Whole lines, as many as a pipe takes at once: other processes write to it as well."""
    begun = b""
    for line in lines:
        if begun and len(begun) + len(line) > select.PIPE_BUF:
            yield begun
            begun = b""
        begun += line
    yield begun


def _shared_processors(service: str) -> list[Processor]:
    """What every line gets, ours and others' alike."""

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_color_message,
        add_service,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(shared: list[Processor], as_text: bool) -> logging.Formatter:
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if as_text
        else [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(separators=(",", ":")),
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _quieten_uvicorn() -> None:
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        # its start and stop lines say what ours say, once per listener
        logging.getLogger(name).setLevel(logging.WARNING)
    # one line a request is ours to write, without health and scrape requests
    logging.getLogger("uvicorn.access").disabled = True


def _quieten_clients() -> None:
    """A client of HTTP logs the address of each request, which may have a password in it."""
    for name in ("httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
