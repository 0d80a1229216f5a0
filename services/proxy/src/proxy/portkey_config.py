"""A configuration of the Portkey gateway: read, checked, and made ready to be sent with requests.

A target's `custom_host` may name one of the proxy's upstreams, `${ollama}`: what stands there
when it is sent is where the gateway reaches that upstream, through the return leg where there
is one. Everything else goes to the gateway as it is written.
Source: the gateway's schema of configurations (1.15.2); design notes "portkey", part 4.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

# The gateway reads heads of 16 KiB, and a client's own headers need room as well.
LIMIT_BYTES = 8 * 1024
_MODES = ("single", "loadbalance", "fallback", "conditional")
_MOST_ATTEMPTS = 5
_NAME = re.compile(r"\$\{([^}]*)\}")
_STEP = re.compile(r"\.targets\[(\d+)\]")
_MOST_TARGETS = 64
_MOST_DIGITS = 10
_NEAR_RATIO = 0.8
_OPERATORS = frozenset(
    {
        *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"),
        *("$in", "$nin", "$regex", "$and", "$or"),
    }
)


class ConfigError(ValueError):
    """The file is no configuration that the gateway would act on. The message says where."""


class Choice(NamedTuple):
    """Which target answered: its index, and whether those before it had failed."""

    target: str
    is_fallback: bool


class PortkeyConfig:
    """A configuration, as it was read."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        found = (node.get("provider") for node in _nodes(root))
        self.providers = frozenset(name for name in found if isinstance(name, str))
        """The providers that it names."""

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
        _check(root, "")
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
    filled = dict(node)
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


def _check(node: object, where: str) -> None:
    """Raises: ConfigError for the first mistake in a node and its targets."""
    if not isinstance(node, dict):
        raise _unexpected(where or "the whole", "an object", node)
    _check_keys(node, where)
    for number, target in enumerate(node.get("targets", ())):
        _check(target, f"{where}targets[{number}].")
    if "strategy" in node:
        _check_strategy(node["strategy"], f"{where}strategy.")
        _check_choice(node, where)


def _check_keys(node: Mapping[str, Any], where: str) -> None:
    _check_spelling(node, where)
    for key, (expected, is_right) in _EXPECTED.items():
        if key in node and not is_right(node[key]):
            raise _unexpected(f"{where}{key}", expected, node[key])
    for one, other in _TOGETHER:
        if one in node and other not in node:
            raise ConfigError(f"{where}{one}: expected {other} beside it, found none")
    for needed in () if "targets" in node else ("provider", "api_key"):
        if needed not in node:
            raise ConfigError(f"{where}{needed}: expected {_EXPECTED[needed][0]}, found none")


def _check_spelling(node: Mapping[str, Any], where: str) -> None:
    """What the gateway does not know it quietly does without: a host, say."""
    for key in node.keys() - _EXPECTED.keys():
        close = difflib.get_close_matches(key, _EXPECTED, n=1, cutoff=_NEAR_RATIO)
        if close:
            raise ConfigError(f"{where}{key}: unknown, did you mean {close[0]}?")


def _check_strategy(strategy: Mapping[str, Any], where: str) -> None:
    mode = strategy.get("mode")
    if mode not in _MODES:
        raise _unexpected(f"{where}mode", f"one of {', '.join(_MODES)}", mode)
    codes = strategy.get("on_status_codes", [])
    if not _are_statuses(codes):
        raise _unexpected(f"{where}on_status_codes", "a list of HTTP statuses", codes)


def _check_choice(node: Mapping[str, Any], where: str) -> None:
    """Whether a node's strategy can choose one of its targets."""
    strategy, targets = node["strategy"], node["targets"]
    if strategy["mode"] == "conditional":
        _check_conditions(strategy, {target.get("name") for target in targets} - {None}, where)
    # of no weight at all the gateway chooses none, and never answers
    if strategy["mode"] == "loadbalance" and not any(t.get("weight", 1) for t in targets):
        raise ConfigError(f"{where}targets: expected a weight above 0, found none")


def _check_conditions(strategy: Mapping[str, Any], names: set[str], where: str) -> None:
    """A condition leads to a target of its node by name."""
    conditions = strategy.get("conditions")
    if not isinstance(conditions, list) or not all(map(_is_condition, conditions)):
        raise _unexpected(
            f"{where}strategy.conditions",
            "a list of query (by the gateway's operators) and then",
            conditions,
        )
    # without a default the gateway answers 500 to what no condition matches
    for name in (*(condition["then"] for condition in conditions), strategy.get("default")):
        if not isinstance(name, str) or name not in names:
            raise _unexpected(f"{where}strategy", "`then` and `default` to name targets", name)


def _is_condition(value: object) -> bool:
    return isinstance(value, dict) and "then" in value and _is_query(value.get("query"))


def _is_query(value: object) -> bool:
    """Whether a query has no operator that the gateway does not know."""
    left, found = [value], isinstance(value, dict)
    while left and found:
        item = left.pop()
        if isinstance(item, dict):
            found = all(not key.startswith("$") or key in _OPERATORS for key in item)
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)
    return found


def _unexpected(where: str, expected: str, found: object) -> ConfigError:
    # a value may hold a key: its kind says enough, but for words of the schema
    shown = repr(found) if where.endswith("mode") else type(found).__name__
    return ConfigError(f"{where}: expected {expected}, found {shown}")


def _are_statuses(value: object) -> bool:
    return isinstance(value, list) and all(
        type(code) is int and 100 <= code <= 599 for code in value
    )


def _is_retry(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    attempts = value.get("attempts")
    is_few = type(attempts) is int and 0 <= attempts <= _MOST_ATTEMPTS
    is_heeding = isinstance(value.get("use_retry_after_header", False), bool)
    return is_few and is_heeding and _are_statuses(value.get("on_status_codes", []))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or "@" in value:
        return False
    host = value.partition("://")[2].partition("/")[0]
    return "_" not in host or "${" in value  # with one the gateway takes it for no host


def _is_cache(value: object) -> bool:
    if not isinstance(value, dict) or value.get("mode") not in ("simple", "semantic"):
        return False
    return _is_number(value.get("max_age", 0))


_TOGETHER = (("strategy", "targets"), ("targets", "strategy"), ("custom_host", "api_key"))
"""Keys that the gateway takes only beside another."""

_EXPECTED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "strategy": ("an object with a mode", lambda v: isinstance(v, dict)),
    "targets": ("a list of objects", lambda v: isinstance(v, list) and len(v) > 0),
    "provider": ("a provider's name", lambda v: isinstance(v, str)),
    "api_key": ("a string", lambda v: isinstance(v, str)),
    "custom_host": ("${ollama}, or an address without credentials", _is_address),
    "weight": ("a number, 0 or more", _is_number),
    "request_timeout": ("milliseconds", _is_number),
    "override_params": ("an object", lambda v: isinstance(v, dict)),
    "retry": (f"attempts, 0 to {_MOST_ATTEMPTS}, and perhaps on_status_codes", _is_retry),
    "cache": ("an object whose mode is simple or semantic", _is_cache),
    "name": ("a string", lambda v: isinstance(v, str)),
    "forward_headers": ("a list of names", _are_names),
}
"""What a key's value must be, and the test of it. Keys that are not here pass unseen."""

NO_CONFIG = PortkeyConfig({})
"""Of requests that name provider and host themselves."""
