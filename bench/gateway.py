"""The Portkey gateway from npm, behind the proxy: what the way through it adds."""

import contextlib
import json
import shutil
import subprocess
from pathlib import Path

from bench.nginx import StartError
from tests.gateways import RunningGateway, gateway_folder, running_gateway

INSTALL = "node is not installed, so nothing goes through Portkey: install nodejs and npm"

_PACKAGE = Path("node_modules/@portkey-ai/gateway/package.json")


def is_possible() -> bool:
    """Whether a gateway can run here."""
    return shutil.which("node") is not None and shutil.which("npm") is not None


def versions() -> dict[str, str]:
    """Of Node.js and of the gateway, which is fetched if it was not. Raises: StartError."""
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    try:
        package = json.loads((gateway_folder() / _PACKAGE).read_text(encoding="utf-8"))
    except (subprocess.SubprocessError, OSError) as error:
        raise StartError(f"the Portkey gateway could not be fetched: {error}") from error
    return {"node": said.strip().removeprefix("v"), "portkey": package["version"]}


async def start_gateway(stack: contextlib.AsyncExitStack) -> RunningGateway:
    """Run the gateway until the stack is left. Raises: StartError."""
    try:
        return await stack.enter_async_context(running_gateway())
    except (subprocess.SubprocessError, RuntimeError, TimeoutError) as error:
        raise StartError(f"the Portkey gateway did not start: {error}") from error
