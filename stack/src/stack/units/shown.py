"""What a part must see that its unit would hide: the checkout, Python, files it is told of."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from stack.parts import Part

HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))
"""What `ProtectHome=tmpfs` and `PrivateTmp=yes` put something empty in place of."""


def shown_to(
    part: Part,
    environment: Mapping[str, str],
    besides: Iterable[Path],
    is_there: Callable[[Path], bool] = Path.exists,
) -> tuple[Path, ...]:
    """Paths that are to be seen in place, none of them inside another.

    `besides` are those that every part needs. Whatever the command or a variable names is shown,
    where it is there and hidden: a model's folder, a file with a key, a program in a home.
    """
    words = [*part.command, *environment.values()]
    told = [Path(text) for text in map(_path_in, words) if text]
    program = Path(part.command[0])
    followed = [program.resolve()] if is_there(program) else []
    wanted = {path for path in (*besides, *told, *followed) if _is_hidden(path) and is_there(path)}
    return tuple(
        sorted(path for path in wanted if not any(other in wanted for other in path.parents))
    )


def _path_in(word: str) -> str:
    """The absolute path in `/path` or `--flag=/path`; empty where there is none."""
    text = word.partition("=")[2] if word.startswith("--") else word
    return text if text.startswith("/") and "\n" not in text else ""


def _is_hidden(path: Path) -> bool:
    # a whole home is never shown because a variable names it
    return any(path.is_relative_to(root) for root in HIDDEN) and path not in HIDDEN
