"""Settings that what runs was started with, and that nobody says now: a restart drops them."""

from collections.abc import Collection, Mapping, Sequence

from stack.errors import SettingsError

KEYS_FILE = "PROXY_API_KEYS_FILE"

_LASTING = ("RUNTIME", "PORTKEY", "TRAFFIC", "GRAFANA")
"""What these brought goes on until they say something else."""


def no_longer_set(
    before: Mapping[str, str], variables: Mapping[str, str], parts: Collection[str]
) -> list[str]:
    """Names of `before`, digests as a plan has them, of which nothing is said now; pure.

    An empty variable says something: that it is meant. `parts` are those that run: an Alertmanager
    among them goes on, one of another machine does not.
    """
    lasting = {*_LASTING, *(("ALERTMANAGER",) if "alertmanager" in parts else ())}
    return sorted(before.keys() - variables.keys() - lasting)


def require_keys(names: Collection[str], parts: Collection[str], verb: str) -> None:
    """Raises: SettingsError where a proxy that asks for API keys would ask nobody, unmeant."""
    if KEYS_FILE in names and "proxy" in parts:
        raise SettingsError(
            f"what runs was started with {KEYS_FILE}, which is not set now, and without it the "
            "proxy asks nobody for a key: put it into .env, or name it again; "
            f"`make {verb} {KEYS_FILE}=` takes the keys off"
        )


def sentence(names: Sequence[str]) -> str:
    """What is to be said of these before they go; pure."""
    them = "it" if len(names) == 1 else "them"
    return (
        f"no longer set: {', '.join(names)} (what runs was started with {them}; a line in .env "
        f"keeps {them})"
    )
