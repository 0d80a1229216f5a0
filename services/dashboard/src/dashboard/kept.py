"""Work that is begun again when a defect has ended it: what all pages show must not end with it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

PAUSE_SECONDS = 5.0
FAILED = "the dashboard failed at this: its log says how"

_log = structlog.stdlib.get_logger("dashboard.kept")


async def kept(
    work: Callable[[], Awaitable[None]],
    name: str,
    failed: Callable[[str], None] = lambda _: None,
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Do the work until it is done. `failed` is told the sentence for pages, after each defect."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 (a defect of any kind is logged, with its traceback)
            _log.exception("work_failed", work=name, again_in_seconds=pause_seconds)
        else:
            return
        failed(FAILED)
        await asyncio.sleep(pause_seconds)
