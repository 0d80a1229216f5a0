"""Numbers and the log of whose they are, as one mapping or several see them."""

import itertools
import os
import tempfile

import pytest

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.memory import LOG_BYTES, WORDS, Memory, unlinked_file
from ollama_observe.metrics.metric import Kind
from tests.ledgers import observe


def logged(memory: Memory) -> list[tuple[int, bytes]]:
    return [(start, payload) for start, payload, _ in memory.entries()]


def test_an_entry_owns_the_words_after_those_of_the_entry_before() -> None:
    memory = Memory.private()
    first = memory.append(b"one", 3)
    second = memory.append(b"two", 1)
    assert first is not None
    assert second == first + 3
    assert logged(memory) == [(first, b"one"), (second, b"two")]


def test_the_log_is_read_on_from_where_a_reader_was() -> None:
    memory = Memory.private()
    memory.append(b"one", 1)
    ((_, _, offset),) = memory.entries()
    assert list(memory.entries(offset)) == []
    memory.append(b"two", 1)
    assert [payload for _, payload, _ in memory.entries(offset)] == [b"two"]


def test_what_one_mapping_writes_another_reads() -> None:
    parent = Memory.shared()
    child = Memory.attached(os.dup(parent.descriptor))
    place = child.append(b"name", 1)
    assert place is not None
    child.values[place] = 2.5
    child.close()
    assert logged(parent) == [(place, b"name")]
    assert parent.values[place] == 2.5
    parent.close()


def test_an_entry_that_was_cut_at_any_byte_is_no_entry() -> None:
    whole = Memory.private()
    whole.append(b"whole", 1)
    ((_, _, start),) = whole.entries()
    whole.append(b"cut", 1)
    (*_, (_, _, end)) = whole.entries()
    written = bytes(whole.bytes[WORDS * 8 : WORDS * 8 + end])
    for cut in range(start, end):
        torn = Memory.private()
        torn.bytes[WORDS * 8 : WORDS * 8 + cut] = written[:cut]
        assert [payload for _, payload in logged(torn)] == [b"whole"]
        torn.close()


def test_an_entry_whose_head_came_before_its_payload_is_no_entry_yet() -> None:
    memory = Memory.private()
    memory.append(b"payload", 1)
    ((_, _, end),) = memory.entries()
    last = WORDS * 8 + end - 1
    memory.bytes[last : last + 1] = b"\0"
    assert logged(memory) == []


def test_what_does_not_fit_is_refused_and_leaves_no_trace() -> None:
    memory = Memory.private()
    assert memory.append(b"numbers", WORDS) is None
    assert memory.append(bytes(LOG_BYTES), 1) is None
    assert not memory.is_used
    assert memory.append(b"small", 1) is not None


def test_a_full_log_ends_at_its_edge() -> None:
    memory = Memory.private()
    entry = b"x" * (LOG_BYTES // 4 - 12)
    assert [memory.append(entry, 1) is None for _ in range(5)] == [False] * 4 + [True]
    assert len(logged(memory)) == 4


def test_dropped_values_are_counted() -> None:
    memory = Memory.private()
    memory.drop()
    memory.drop()
    assert memory.dropped == 2


@pytest.mark.parametrize("size", [10, WORDS * 8 + LOG_BYTES])
def test_something_else_behind_the_descriptor_is_refused(size: int) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"\xff" * size)
        file.flush()
        with pytest.raises(ValueError, match="is no memory of metrics"):
            Memory.attached(os.dup(file.fileno()))


def test_private_memory_has_nothing_to_hand_down() -> None:
    with pytest.raises(ValueError, match="no descriptor"):
        _ = Memory.private().descriptor


def test_closing_gives_the_descriptor_back() -> None:
    memory = Memory.shared()
    descriptor = memory.descriptor
    memory.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("in_memory", [hasattr(os, "memfd_create"), False])
def test_a_file_without_a_name_is_empty_and_goes_with_its_descriptor(in_memory: bool) -> None:
    descriptor = unlinked_file(in_memory)
    about = os.fstat(descriptor)
    os.close(descriptor)
    assert (about.st_size, about.st_nlink) == (0, 0)


def test_a_hundred_models_on_all_endpoints_fit() -> None:
    ledger = Ledger(m.METRICS)
    values = {
        "model": [f"a-model-of-some-name:{n}b-instruct-q4_K_M" for n in range(100)],
        "endpoint": [f"/v1/an/endpoint/{n}" for n in range(13)],
        "status": [str(400 + n) for n in range(10)],
        "routing": ["direct", "portkey"],
    }
    for metric in m.METRICS:
        for labels in itertools.product(*(values.get(label, ["POST"]) for label in metric.labels)):
            if metric.kind is Kind.HISTOGRAM:
                observe(ledger, metric, 1, labels)
            else:
                ledger.add(metric, 1, labels)
    assert ledger.memory.dropped == 0
    assert ledger.memory.append(bytes(LOG_BYTES // 2), WORDS // 2) is not None
