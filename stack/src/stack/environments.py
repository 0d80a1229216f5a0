"""Runs inside the supervisor: the variables of each part, told over its socket.

They may hold keys, so they are kept in the supervisor's memory and never in a file; and a part
that is added later can have others than those that the supervisor itself was started with.
Source: supervisor's manual, "Extending supervisor's XML-RPC API".
"""

import json
from typing import Any

from supervisor.xmlrpc import Faults, RPCError

NAMESPACE = "environments"


class Environments:
    """The interface's methods. Variables travel as JSON, which XML carries whatever they hold."""

    def __init__(self, supervisord: Any) -> None:
        self._supervisord = supervisord

    def tell(self, name: str, variables: str) -> bool:
        """Set what a part gets beside the supervisor's own variables when it starts next."""
        self._configuration(name).environment = json.loads(variables)
        return True

    def told(self, name: str) -> str:
        """What `tell` set last."""
        return json.dumps(self._configuration(name).environment or {})

    def _configuration(self, name: str) -> Any:
        group = self._supervisord.process_groups.get(name)
        if group is None:
            raise RPCError(Faults.BAD_NAME, name)
        return group.processes[name].config


def interface(supervisord: Any, **_: str) -> Environments:
    """What the configuration file names."""
    return Environments(supervisord)
