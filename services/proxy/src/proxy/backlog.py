"""The last of a listening socket: who has connected already is not lost with it.

A socket that closes resets the connections in its backlog, which their clients take for
established. So nobody new is let in first, then who waits is accepted, then it closes. Who comes in
between is not answered, and his system asks again a second later, when nobody listens any more:
refused, which a load balancer takes for another server's turn.
"""

import contextlib
import ctypes
import socket
import struct
import sys

# Source: linux/filter.h, asm-generic/socket.h. The filter sees a segment from its TCP header on.
_SO_ATTACH_FILTER = 26
_FLAGS_AT, _SYN = 13, 0x02
_LOAD_BYTE, _JUMP_IF_SET, _RETURN = 0x30, 0x45, 0x06
_DROP_SYN = b"".join(
    struct.pack("=HBBI", *instruction)
    for instruction in (
        (_LOAD_BYTE, 0, 0, _FLAGS_AT),
        (_JUMP_IF_SET, 0, 1, _SYN),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, 0xFFFFFFFF),
    )
)


def let_nobody_in(sock: socket.socket) -> bool:
    """Leave new connections unanswered, for all processes that listen on the socket.

    False where the system has no such filters, or lets this user attach none: a moment is left
    then, in which who connects is lost.
    """
    if sys.platform != "linux":
        return False
    instructions = ctypes.create_string_buffer(_DROP_SYN, len(_DROP_SYN))
    program = struct.pack("@HP", len(_DROP_SYN) // 8, ctypes.addressof(instructions))
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    except OSError:
        return False
    return True


def take_waiting(sock: socket.socket) -> list[socket.socket]:
    """Accept everybody who waits in the backlog of a socket that does not block."""
    taken = []
    with contextlib.suppress(OSError):  # nobody waits any more
        while True:
            taken.append(sock.accept()[0])
    return taken
