"""`traffic-compare`: two results have to be named. Pure."""

from collections.abc import Sequence

from stack.errors import SettingsError

_HELP = {"-h", "--help"}


def require_two(words: Sequence[str]) -> None:
    """Raises: SettingsError where fewer than two results are named, with make's way to do it."""
    named = [word for word in words if not word.startswith("-")]
    if len(named) < 2 and not _HELP & set(words):
        raise SettingsError(
            "which two results? make traffic-compare A=results/... B=results/... (their folders)"
        )
