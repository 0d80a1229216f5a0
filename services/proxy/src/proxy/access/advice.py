"""What the settings of access allow and an operator should know."""

import stat

from proxy.access.making import keys_of, trust_of
from proxy.settings import ProxySettings


def access_warnings(settings: ProxySettings) -> dict[str, str]:
    """Event to advice. Raises: ValueError, OSError for settings that a start is refused for."""
    found = {}
    if trust_of(settings).is_everybody:
        found["everybody_is_trusted"] = (
            "PROXY_TRUSTED_ADDRESSES has every address in it: anybody can say who asks"
        )
    ring, path = keys_of(settings), settings.api_keys_file
    if ring is None or path is None:
        return found
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        found["keys_file_is_open"] = f"others than its owner may write {path}: chmod go-w"
    if len(ring.entries) > settings.user_label_limit:
        found["more_aliases_than_labels"] = (
            f"{len(ring.entries)} aliases, and {settings.user_label_limit} users have metrics of "
            "their own: set PROXY_USER_LABEL_LIMIT"
        )
    if any(entry.limits.counts_tokens for entry in ring.entries) and not settings.inject_usage:
        found["prompts_are_not_counted"] = (
            "OpenAI streams that ask for no token counts tell none: their prompts are in no limit "
            "of tokens; PROXY_INJECT_USAGE=true asks for them"
        )
    return found
