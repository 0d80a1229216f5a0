"""What the gateway takes for a configuration, and would act on: checks of one that was read.

Source: the gateway's schema of configurations, and what it was seen to refuse (1.15.2); design
notes "portkey", part 4.
"""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

_MODES = ("single", "loadbalance", "fallback", "conditional")
_MOST_ATTEMPTS = 5
_NEAR_RATIO = 0.8
_OPERATORS = frozenset(
    {
        *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"),
        *("$in", "$nin", "$regex", "$and", "$or"),
    }
)


class ConfigError(ValueError):
    """The file is no configuration that the gateway would act on. The message says where."""


def check(node: object, where: str = "") -> None:
    """Raises: ConfigError for the first mistake in a node and its targets."""
    if not isinstance(node, dict):
        raise _unexpected(where or "the whole", "an object", node)
    _check_keys(node, where)
    for number, target in enumerate(node.get("targets", ())):
        check(target, f"{where}targets[{number}].")
    if "strategy" in node:
        _check_strategy(node["strategy"], f"{where}strategy.")
        _check_choice(node, where)


def _check_keys(node: Mapping[str, Any], where: str) -> None:
    _check_spelling(node, where)
    for key, (expected, is_right) in _EXPECTED.items():
        if key in node and not is_right(node[key]):
            raise _unexpected(f"{where}{key}", expected, node[key])
    _check_age(node.get("cache", {}), f"{where}cache.max_age")
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


def _check_age(cache: Mapping[str, Any], where: str) -> None:
    """What lasts no time at all is no cache: who wants none has no `cache`."""
    age = cache.get("max_age", 1)
    if not _is_number(age):
        raise _unexpected(where, "seconds above 0", age)
    if not age:
        raise ConfigError(f"{where}: expected seconds above 0, found 0; for no cache leave it away")


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
    return isinstance(value, dict) and value.get("mode") in ("simple", "semantic")


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
