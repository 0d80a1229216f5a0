import socket
from pathlib import Path

from stack.parts import GATEWAY_SCRIPT, Part
from stack.portkey.installation import folder_in, folder_of

SCRIPT = f"/srv/gateway/{GATEWAY_SCRIPT}"


def test_the_folder_is_the_one_that_the_command_names_the_program_in() -> None:
    assert folder_in(["node", "--x", SCRIPT, "--port=1"], Path("/")) == Path("/srv/gateway")
    assert folder_in(["node", str(GATEWAY_SCRIPT)], Path("/srv")) == Path("/srv")


def test_another_program_has_no_such_folder() -> None:
    assert folder_in(["node", "server.js"], Path("/")) is None
    assert folder_in([], Path("/")) is None


def test_our_own_gateway_is_known_without_looking() -> None:
    part = Part("portkey", ("node", SCRIPT), (), "", 1, 1)
    assert folder_of(part, 0) == Path("/srv/gateway")


def test_whoever_else_listens_there_is_looked_at() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert folder_of(None, port) is None  # this process is no gateway
    assert folder_of(None, port) is None
