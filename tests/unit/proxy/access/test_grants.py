"""What a request is let in with: both of its parties must be good for it."""

from proxy.access.entries import Entry
from proxy.access.grants import Grant, Party
from proxy.access.patterns import Patterns


def grant(*entries: Entry) -> Grant:
    return Grant(tuple(Party(entry.alias, entry, 0) for entry in entries))


ALL = Entry("all", manage=True, priority="low")
LLAMA = Entry("llama", models=Patterns(("llama3*",)))
SMALL = Entry("small", models=Patterns(("*:1b",)), priority="high")


def test_one_party_decides_for_itself() -> None:
    assert grant(ALL).may_manage
    assert not grant(ALL).is_held_to_models
    assert grant(ALL).may_ask("anything")
    assert not grant(LLAMA).may_manage
    assert grant(LLAMA).is_held_to_models
    assert grant(LLAMA).may_ask("llama3.2")
    assert not grant(LLAMA).may_ask("qwen3")


def test_of_two_parties_both_must_be_good_for_it() -> None:
    both = grant(LLAMA, SMALL)
    assert both.may_ask("llama3.2:1b")
    assert not both.may_ask("llama3.2:3b")
    assert not both.may_ask("qwen3:1b")
    assert not grant(ALL, LLAMA).may_manage
    assert grant(ALL, LLAMA).is_held_to_models


def test_the_user_is_who_asks_and_the_caller_is_both() -> None:
    assert grant(ALL).user == "all"
    assert grant(ALL, LLAMA).user == "llama"
    callers = [grant(ALL), grant(LLAMA), grant(ALL, LLAMA), grant(LLAMA, ALL), grant(SMALL)]
    assert len({one.caller for one in callers}) == 5


def test_the_users_class_comes_before_the_keys() -> None:
    assert grant(ALL).priority == "low"
    assert grant(LLAMA).priority == ""
    assert grant(ALL, SMALL).priority == "high"
    assert grant(ALL, LLAMA).priority == "low"
