"""How a listener speaks WebSocket; apart from the servers, which most processes run without.

Uvicorn's protocol says at its end that the service restarts (1012), and waits for a peer that
answers no ping to read what it was sent. Ours says that it goes away (1001), and waits for nobody.
Uvicorn logs an error where an app refuses a handshake with an answer; ours does not.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

GOING_AWAY = 1001
"""RFC 6455, 7.4.1: an endpoint goes away, such as a server going down."""

MESSAGE_LIMIT_BYTES = 64 * 1024


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    async def send(self, message: Any) -> None:
        """Send what the app says."""
        await super().send(message)
        if self.close_sent and self.initial_response is not None:
            # refused with an answer: as complete as a refusal without one is by uvicorn itself
            self.handshake_complete = True

    def keepalive_timeout(self) -> None:
        """Nothing came back to a ping: what waits to be sent would wait for ever."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """The server ends."""
        if self.handshake_complete and not self.close_sent:
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
            self.conn.send_close(GOING_AWAY)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()
        else:
            super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()


def options(ping_seconds: float) -> dict[str, Any]:
    """What uvicorn is told: this protocol, and a ping so often, with as long for its answer."""
    return {
        "ws": WebSocketProtocol,
        "ws_max_size": MESSAGE_LIMIT_BYTES,
        # a frame that is sent to many is made once; deflated it would be made for each
        "ws_per_message_deflate": False,
        "ws_ping_interval": ping_seconds,
        "ws_ping_timeout": ping_seconds,
    }
