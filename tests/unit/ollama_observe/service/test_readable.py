"""What can be read is told of descriptors of any number."""

import fcntl
import os
import resource

import pytest

from ollama_observe.service.readable import readable

HIGH = 1500


def test_only_what_can_be_read_is_told() -> None:
    (out, into), (quiet, other) = os.pipe(), os.pipe()
    try:
        assert readable([out, quiet], 0) == []
        assert readable([out, quiet], -1) == []
        os.write(into, b"x")
        assert readable([out, quiet], 5) == [out]
        os.close(other)
        assert sorted(readable([out, quiet], 5)) == sorted([out, quiet])  # one has ended
    finally:
        for one in (out, into, quiet):
            os.close(one)


def test_a_number_may_be_above_what_select_takes() -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= HIGH:
        pytest.skip(f"this process may not have a descriptor of {HIGH}")
    out, into = os.pipe()
    high = fcntl.fcntl(out, fcntl.F_DUPFD, HIGH)
    try:
        assert readable([high], 0) == []
        os.write(into, b"x")
        assert readable([high], 5) == [high]
    finally:
        for one in (out, into, high):
            os.close(one)
