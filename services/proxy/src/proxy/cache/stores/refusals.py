"""What a server's refusals and silence mean, in sentences. Never its own words: they may hold ours.

A server that is none of Redis's kind may send back what it was sent, which is an answer of a model.
"""

from collections.abc import Iterator

from redis import exceptions as errors

_WANTS_ANOTHER = "wants another user or password than PROXY_CACHE_STORE has"
_MEANINGS: tuple[tuple[type[Exception], str], ...] = (
    (errors.AuthenticationError, _WANTS_ANOTHER),
    (errors.NoPermissionError, "does not let this user do that: it needs EVALSHA, SCAN and UNLINK"),
    (errors.BusyLoadingError, "is still reading its own data"),
    (errors.OutOfMemoryError, "is full: raise its maxmemory, or lower PROXY_CACHE_MAX_BYTES"),
    (errors.ReadOnlyError, "is a replica that takes nothing: name the primary"),
    (errors.InvalidResponse, "answers, but not as Redis or Valkey does"),
    (errors.TimeoutError, "does not answer in time"),
)


def sentence_of(error: Exception, shown: str) -> str:
    """What an operator is told of an error of the server at this address."""
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return f"{shown} {meaning}"
    if isinstance(error, errors.ConnectionError):
        return f"{shown} cannot be reached{_reason(error)}"
    text = str(error).lower()
    if "db index" in text:
        return f"{shown} has no database of this number"
    if "unauthenticated" in text:  # it reads nothing long before it knows who asks
        return f"{shown} {_WANTS_ANOTHER}"
    return f"{shown} refused: {type(error).__name__}"


def _reason(error: BaseException) -> str:
    """What the operating system said."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return f": {cause.strerror}"
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
