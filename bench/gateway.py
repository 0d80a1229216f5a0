"""The Portkey gateway from npm, behind the proxy: what the way through it adds."""

import contextlib
import shutil
import subprocess
import sys

from bench.nginx import StartError
from stack.errors import StackError
from stack.portkey import package
from tests.gateways import RunningGateway, gateway_folder, running_gateway

INSTALL = "node is not installed, so nothing goes through Portkey: install nodejs and npm"


def is_possible() -> bool:
    """Whether a gateway can run here."""
    return shutil.which("node") is not None and shutil.which("npm") is not None


def versions() -> dict[str, str]:
    """Of Node.js and of the gateway, which is fetched if it was not. Raises: StartError."""
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    try:
        # stdout is for the tables alone, and fetching says that it does
        with contextlib.redirect_stdout(sys.stderr):
            folder = gateway_folder()
    except (StackError, OSError) as error:
        raise StartError(f"the Portkey gateway could not be fetched: {error}") from error
    version = package.found(folder, [package.GATEWAY])[package.GATEWAY]
    return {"node": said.strip().removeprefix("v"), "portkey": version}


async def start_gateway(stack: contextlib.AsyncExitStack) -> RunningGateway:
    """Run the gateway until the stack is left. Raises: StartError."""
    try:
        return await stack.enter_async_context(running_gateway())
    except (StackError, RuntimeError, TimeoutError) as error:
        raise StartError(f"the Portkey gateway did not start: {error}") from error
