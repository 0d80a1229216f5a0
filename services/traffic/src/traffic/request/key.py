"""The API key of a run, for a proxy that asks for one: in a file, so that no setting has it."""

from traffic.refusals import RefusedError
from traffic.settings import TrafficSettings


def key_headers(settings: TrafficSettings) -> dict[str, str]:
    """What shows the key to the proxy; nothing past it, where it would be somebody else's to see.

    Raises: RefusedError for a file that cannot be read, or holds anything but one key.
    """
    path = settings.api_key_file
    if path is None or settings.route == "gateway":
        return {}
    try:
        words = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no key"
        raise RefusedError(f"--api-key-file {path}: {why}") from None
    if len(words) != 1 or not words[0].isprintable():
        raise RefusedError(f"--api-key-file {path}: expected one key and nothing else")
    return {"authorization": f"Bearer {words[0]}"}
