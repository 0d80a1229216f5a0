"""What a viewer asks for, of which only the latest counts: so much in a second is no more work."""

import asyncio

Said = bytes | str


class Wishes:
    """The latest wish. For one event loop, and one who heeds it."""

    def __init__(self) -> None:
        self._latest: Said | None = None
        self._news = asyncio.Event()

    def say(self, said: Said) -> None:
        """Ask for something in place of what still waits."""
        self._latest = said
        self._news.set()

    async def next(self) -> Said:
        """The latest, as soon as there is one."""
        while self._latest is None:
            self._news.clear()
            await self._news.wait()
        said, self._latest = self._latest, None
        return said
