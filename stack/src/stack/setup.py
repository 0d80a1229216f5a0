"""Everything that a start needs and that is fetched once."""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from stack import model, openmp
from stack.places import make_folder, private_folder
from stack.prometheus import sources
from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS
from stack.prometheus.sources import Binary
from stack.request import Request


@dataclass(frozen=True, slots=True)
class Fetched:
    """What runs that is not ours. None where it is not needed, or could not be had."""

    prometheus: Binary | None = None
    alertmanager: Binary | None = None
    node: Path | None = None


def prepare(request: Request, parts: Collection[str]) -> Fetched:
    """Fetch what these parts lack. Raises: StackError."""
    places = request.places
    for folder in places.private_folders(parts):
        private_folder(folder)
    make_folder(places.downloads, "STACK_DOWNLOADS_DIR")
    try:
        # first: that node is missing is known before anything large is fetched
        node = _node_with_gateway(request) if "portkey" in parts else None
        if "engine" in parts:
            openmp.ensure(places)
            # an operator with a folder of models of their own needs none of ours
            if not request.variables.get("ENGINE_MODELS_DIR"):
                model.ensure(places)
        return Fetched(
            prometheus=sources.find(PROMETHEUS, places) if "prometheus" in parts else None,
            alertmanager=sources.find(ALERTMANAGER, places) if "alertmanager" in parts else None,
            node=node,
        )
    finally:
        shutil.rmtree(places.downloads / "apt", ignore_errors=True)


def _node_with_gateway(request: Request) -> Path:
    from stack.portkey import node, package  # which a start without the gateway does not need

    found = node.find()
    package.ensure(request.places)
    return found
