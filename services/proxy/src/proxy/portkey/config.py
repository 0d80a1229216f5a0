"""A configuration of the Portkey gateway: read, checked, and made ready to be sent with requests.

A target's `custom_host` may name one of the proxy's upstreams, `${ollama}`: what stands there
when it is sent is where the gateway reaches that upstream, through the return leg where there
is one. Everything else goes to the gateway as it is written.
Source: the gateway's schema of configurations (1.15.2); design notes "portkey", part 4.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from proxy.portkey.schema import ConfigError, check

# The gateway reads heads of 16 KiB, and a client's own headers need room as well.
LIMIT_BYTES = 8 * 1024
_NAME = re.compile(r"\$\{([^}]*)\}")
_STEP = re.compile(r"\.targets\[(\d+)\]")
_MOST_TARGETS = 64
_MOST_DIGITS = 10


class Choice(NamedTuple):
    """Which target answered: its index, and whether those before it had failed."""

    target: str
    is_fallback: bool


class CacheStanza(NamedTuple):
    """What a configuration says of caching. The gateway does nothing with it: the proxy does."""

    mode: Literal["simple", "semantic"]
    max_age_seconds: float | None


class PortkeyConfig:
    """A configuration, as it was read."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        found = (node.get("provider") for node in _nodes(root))
        self.providers = frozenset(name for name in found if isinstance(name, str))
        """The providers that it names."""
        stanza = root.get("cache")
        self.cache = None if stanza is None else CacheStanza(stanza["mode"], stanza.get("max_age"))
        """What is to be done with answers that are asked for again; None: nothing."""

    @classmethod
    def read(cls, path: Path) -> "PortkeyConfig":
        """Raises: ConfigError, OSError."""
        try:
            root = json.loads(path.read_text(encoding="utf-8"))
            json.dumps(root, allow_nan=False)  # what is no number in JSON is none for the gateway
        except ValueError as error:
            raise ConfigError(f"{path}: no JSON: {error}") from error
        try:
            return cls.checked(root)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def checked(cls, root: object) -> "PortkeyConfig":
        """Raises: ConfigError for what the gateway would refuse, or quietly not do."""
        check(root)
        assert isinstance(root, dict)
        return cls(root)

    def sent(self, upstreams: Mapping[str, str]) -> bytes:
        """One line of JSON for a header; `upstreams` are names and where the gateway reaches them.

        Raises: ConfigError for an upstream that there is not, and for a configuration too long.
        """
        text = json.dumps(_filled(self._root, upstreams), separators=(",", ":"))
        if len(text) > LIMIT_BYTES:
            raise ConfigError(f"expected at most {LIMIT_BYTES} bytes, found {len(text)}")
        return text.encode("ascii")

    def hosts(self, upstreams: Mapping[str, str]) -> list[str]:
        """Where its targets are, with these addresses filled in; a provider's name for its own."""
        leaves = [node for node in _nodes(_filled(self._root, upstreams)) if "targets" not in node]
        return [str(leaf.get("custom_host", leaf["provider"])) for leaf in leaves]

    def choice(self, index: str) -> Choice:
        """What `x-portkey-last-used-option-index` says: `config`, `config.targets[1]`, and so on.

        Its last number is the target's; 0 where the configuration has no targets.
        """
        node: Any = self._root
        target, is_fallback = 0, False
        for step in _STEP.findall(index):
            target = int(step) if len(step) < _MOST_DIGITS else _MOST_TARGETS
            mode = node.get("strategy", {}).get("mode") if isinstance(node, dict) else None
            is_fallback = is_fallback or (mode == "fallback" and target > 0)
            targets = node.get("targets", []) if isinstance(node, dict) else []
            node = targets[target] if target < len(targets) else None
        return Choice(str(target) if target < _MOST_TARGETS else "other", is_fallback)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for target in node.get("targets", ()):
        yield from _nodes(target)


def _filled(node: Mapping[str, Any], upstreams: Mapping[str, str]) -> dict[str, Any]:
    filled = {key: value for key, value in node.items() if key != "cache"}
    if "custom_host" in filled:
        filled["custom_host"] = _NAME.sub(
            lambda found: _address_of(found[1], upstreams), filled["custom_host"]
        )
    if "targets" in filled:
        filled["targets"] = [_filled(target, upstreams) for target in filled["targets"]]
    return filled


def _address_of(name: str, upstreams: Mapping[str, str]) -> str:
    if name in upstreams:
        return upstreams[name]
    close = difflib.get_close_matches(name, upstreams, n=1)
    hint = f", did you mean {close[0]}?" if close else f": there are {', '.join(upstreams)}"
    raise ConfigError(f"custom_host: unknown upstream {name!r}{hint}")


NO_CONFIG = PortkeyConfig({})
"""Of requests that name provider and host themselves."""
