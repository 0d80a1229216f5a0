"""Texts that fit: the longest beginning that has no more tokens than the model takes."""

from collections.abc import Callable

_FIRST_WINDOW = 2048  # characters; few texts are longer


class TooLongError(Exception):
    """The text has too many tokens, and must not be cut."""


def fit(text: str, limit: int, count: Callable[[str], int], *, cuts: bool) -> tuple[str, int]:
    """A text, or as much of its beginning as has at most `limit` tokens, and its tokens.

    Raises: TooLongError when it would have to be cut and `cuts` is false.
    """
    window, tokens = _window(text, limit, count)
    if len(window) == len(text) and tokens <= limit:
        return text, tokens
    if not cuts:
        raise TooLongError
    return _longest(window, limit, count)


def _window(text: str, limit: int, count: Callable[[str], int]) -> tuple[str, int]:
    """The text, or a beginning that has too many tokens however its last word goes on."""
    size = _FIRST_WINDOW
    while True:
        window = text[:size]
        tokens = count(window)
        if len(window) == len(text) or tokens > 2 * limit:
            return window, tokens
        size *= 2


def _longest(text: str, limit: int, count: Callable[[str], int]) -> tuple[str, int]:
    fits, exceeds = 0, len(text)
    while exceeds - fits > 1:
        middle = (fits + exceeds) // 2
        if count(text[:middle]) <= limit:
            fits = middle
        else:
            exceeds = middle
    return text[:fits], count(text[:fits])
