import json
from types import SimpleNamespace

import pytest
from supervisor.xmlrpc import RPCError

from stack.environments import interface


def supervisord() -> SimpleNamespace:
    """As much of the supervisor as the interface reads."""
    process = SimpleNamespace(config=SimpleNamespace(environment=None))
    return SimpleNamespace(process_groups={"proxy": SimpleNamespace(processes={"proxy": process})})


def test_a_part_gets_the_variables_that_were_told_last() -> None:
    running = supervisord()
    told = interface(running)
    assert told.told("proxy") == "{}"
    variables = {"PROXY_KEY": 'hunter2 "%" ü \x1b\n'}
    assert told.tell("proxy", json.dumps(variables))
    assert json.loads(told.told("proxy")) == variables
    assert running.process_groups["proxy"].processes["proxy"].config.environment == variables


def test_a_part_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(RPCError):
        interface(supervisord()).tell("engine", "{}")
