"""Everything that a start needs and that is fetched once."""

import shutil

from stack import model, openmp
from stack.model_api import ModelApi
from stack.places import make_folder, private_folder
from stack.prometheus import sources
from stack.prometheus.sources import Binary
from stack.request import Request


def prepare(request: Request, api: ModelApi) -> Binary | None:
    """Fetch what is missing; returns the Prometheus to run. Raises: StackError."""
    places = request.places
    for folder in (places.log, places.prometheus_data):
        private_folder(folder)
    make_folder(places.downloads, "STACK_DOWNLOADS_DIR")
    try:
        if api.is_embedded:
            openmp.ensure(places)
            # an operator with a folder of models of their own needs none of ours
            if not request.variables.get("ENGINE_MODELS_DIR"):
                model.ensure(places)
        if request.settings.prometheus == "off":
            return None
        return sources.find(places)
    finally:
        shutil.rmtree(places.downloads / "apt", ignore_errors=True)
