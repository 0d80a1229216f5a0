"""What a verb works with: settings, folders and the variables behind them."""

import contextlib
import fcntl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import envfile
from stack.console import say
from stack.errors import SettingsError
from stack.places import REPOSITORY, Places, places_of, private_folder, socket_path
from stack.settings import StackSettings, parse
from stack.variables import merge, without


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a verb, read once."""

    settings: StackSettings
    places: Places
    variables: Mapping[str, str]

    @property
    def socket(self) -> Path:
        """Where the supervisor answers, if it runs."""
        return socket_path(self.places.run)


def read_request(environ: Mapping[str, str], repository: Path = REPOSITORY) -> Request:
    """The operator's wishes from the environment and `.env`. Raises: SettingsError."""
    request, mistakes = read_what_can_be(environ, repository)
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return request


def read_what_can_be(
    environ: Mapping[str, str], repository: Path = REPOSITORY
) -> tuple[Request, list[str]]:
    """The same without what is refused, whose defaults count then; and a sentence for each.

    Raises: SettingsError where a default will not do.
    """
    dotenv, mistakes = envfile.read(repository / ".env")
    variables, of_names = merge(environ, dotenv)
    mistakes += of_names
    refused = set[str]()
    while True:
        left = without(refused, variables)
        try:
            settings = parse(left)
            return Request(settings, places_of(settings, repository), left), mistakes
        except SettingsError as error:
            if left.keys().isdisjoint(error.names):
                raise
            # what does not go with the default of one that was refused is no mistake
            if refused.isdisjoint(error.names):
                mistakes += str(error).splitlines()
            refused.update(error.names)


@contextlib.contextmanager
def alone(request: Request) -> Iterator[None]:
    """Hold the stack's lock: one start or stop at a time."""
    private_folder(request.places.run)
    with (request.places.run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start or stop of this stack is at work, waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
