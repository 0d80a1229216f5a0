"""The socket of one page: what it wants to see comes in, what there is to see goes out."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.books import Books, Refused
from dashboard.hub import TRY_AGAIN_LATER, FullError, Hub, encode
from dashboard.kept import FAILED as WHY_FAILED
from dashboard.messages import Look, Refusal, Viewing
from dashboard.viewer import End, Slot, Viewer
from dashboard.views import BadViewError
from dashboard.wishes import Said, Wishes
from ollama_observe.service.guard import refusal
from ollama_observe.service.tasks import spawn

PATH = "/ws"

NORMAL, FAILED = 1000, 1011
MOST_REASON_BYTES = 123
"""What a frame that closes a socket has room for."""
MOST_SENTENCE = 500
"""Of a refusal: it quotes what it was sent."""
LOOK_SECONDS = 0.2
"""How long what one viewer looks at is left as it is: each change may cost a round of queries."""

_look = msgspec.json.Decoder(Look).decode


class Views(Protocol):
    """Who knows what a view shows: the poller."""

    def watch(self, viewer: Viewer, look: Look, /) -> tuple[str, str]:
        """Show a view in place of the viewer's last one; the keys of it and of its tiles' view.

        Raises: BadViewError.
        """

    def leave(self, viewer: Viewer, /) -> None:
        """Show it nothing more."""


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in: pages under one of our names, or of an origin that is allowed."""

    names: frozenset[str]
    origins: frozenset[str]


class Sockets:
    """Serves the sockets of all pages."""

    def __init__(self, hub: Hub, views: Views, door: Door, books: Books) -> None:
        self._hub = hub
        self._views = views
        self._door = door
        self._books = books

    async def serve(self, socket: WebSocket) -> None:
        """One page, until it leaves or is sent away."""
        said = refusal(socket.headers, self._door.names, self._door.origins)
        if said is not None:
            self._books.refused(Refused.PAGE)
            await _deny(socket, said)
            return
        await socket.accept()
        try:
            with self._hub.entered() as viewer:
                await self._look(socket, viewer)
        except FullError as error:
            await socket.close(TRY_AGAIN_LATER, _short(str(error)))
        except WebSocketDisconnect:
            pass  # it left while something was on its way to it

    async def _look(self, socket: WebSocket, viewer: Viewer) -> None:
        wishes = Wishes()
        works = (self._listen(socket, wishes), self._heed(wishes, viewer))
        listening = [spawn(_to_the_end(work, viewer), name="listen to a viewer") for work in works]
        try:
            await self._send(socket, viewer)
        finally:
            for task in listening:
                task.cancel()
            self._views.leave(viewer)

    async def _send(self, socket: WebSocket, viewer: Viewer) -> None:
        while not isinstance(message := await viewer.next(), End):
            await socket.send_bytes(message)
            self._books.sent_bytes.inc(len(message))
        if message.code != NORMAL:
            await socket.close(message.code, _short(message.reason))

    async def _listen(self, socket: WebSocket, wishes: Wishes) -> None:
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            wishes.say(message.get("bytes") or message.get("text") or b"")

    async def _heed(self, wishes: Wishes, viewer: Viewer) -> None:
        while True:
            self._answer(viewer, await wishes.next())
            await asyncio.sleep(LOOK_SECONDS)

    def _answer(self, viewer: Viewer, said: Said) -> None:
        try:
            viewing = Viewing(*self._views.watch(viewer, _look(said)))
        except (BadViewError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            viewer.show(Slot.REFUSAL, encode(Refusal(str(error)[:MOST_SENTENCE])))
        else:
            viewer.show(Slot.VIEWING, encode(viewing))


async def _to_the_end(work: Coroutine[Any, Any, None], viewer: Viewer) -> None:
    """Listen until the viewer leaves, which ends its socket, as a defect does."""
    code, reason = FAILED, WHY_FAILED
    try:
        await work
        code, reason = NORMAL, "it left"
    finally:
        viewer.end(code, reason)


async def _deny(socket: WebSocket, said: str) -> None:
    """Refuse before the handshake: 403, with the reason for who reads it."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    start = {"type": "websocket.http.response.start", "status": 403, "headers": headers}
    await socket.receive()  # its wish to connect
    await socket.send(start)
    await socket.send({"type": "websocket.http.response.body", "body": f"{said}\n".encode()})


def _short(reason: str) -> str:
    return reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore")
