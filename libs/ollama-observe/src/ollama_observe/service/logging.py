"""One line per event, ours and uvicorn's alike: JSON, or readable text on a terminal.

Event names are snake case and past tense; values are fields, never interpolated.
Prompts, answers and keys are never logged.
"""

import logging
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# uvicorn says this when a relay closes a connection whose answer broke off upstream.
# The relay has then logged the request with its outcome, which says more.
_SAID_BETTER_BY_US = ("ASGI callable returned without completing response.",)


class _DropSaidBetterByUs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.getMessage() not in _SAID_BETTER_BY_US


def _without_color_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)
    return event


def configure_logging(
    service: str, level: str = "info", form: Literal["auto", "json", "console"] = "auto"
) -> None:
    """Send structlog and the standard library through one renderer to standard error."""

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_color_message,
        add_service,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_text = form == "console" or (form == "auto" and sys.stderr.isatty())
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
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
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    handler.addFilter(_DropSaidBetterByUs())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # one line a request is ours to write, without health and scrape requests
    logging.getLogger("uvicorn.access").disabled = True
