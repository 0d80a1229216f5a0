"""Command lines of the commands that are no run: refused in one sentence, as settings are."""

import argparse
from typing import NoReturn

from traffic.refusals import RefusedError


class Arguments(argparse.ArgumentParser):
    """The arguments of `python -m traffic COMMAND`. Raises: RefusedError instead of leaving."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(
            prog=f"python -m traffic {command}", description=description, allow_abbrev=False
        )

    def error(self, message: str) -> NoReturn:
        """Refuse with what argparse says."""
        raise RefusedError(f"{self.prog.split()[-1]}: {message}; --help tells more")
