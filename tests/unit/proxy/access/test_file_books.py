"""What became of the file is told: in numbers, and in the log without a word of it."""

import structlog

from ollama_observe.metrics.catalogue import access as m
from proxy.access.file_books import FileBooks
from tests.clock import Clock
from tests.ledgers import ReadLedger


def test_what_became_of_the_file_is_counted() -> None:
    read, clock = ReadLedger(), Clock(5000.0)
    books = FileBooks(read.ledger, clock)
    assert read.value(m.RELOADS, result="refused") == 0
    books.taken(3)
    assert read.value(m.ENTRIES) == 3
    assert read.value(m.BROKEN) == 0
    assert read.value(m.TAKEN_AT) == 5000.0
    clock.now += 60
    books.refused("keys.toml, line 3: no TOML")
    assert read.value(m.BROKEN) == 1
    assert read.value(m.ENTRIES) == 3
    assert read.value(m.TAKEN_AT) == 5000.0
    books.taken(4)
    assert read.value(m.BROKEN) == 0
    assert read.value(m.RELOADS, result="taken") == 2
    assert read.value(m.RELOADS, result="refused") == 1


def test_it_is_logged_with_what_to_know_of_it() -> None:
    books = FileBooks(ReadLedger().ledger)
    with structlog.testing.capture_logs() as lines:
        books.taken(3)
        books.refused("keys.toml, line 3: no TOML")
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("keys_taken", "info"),
        ("keys_refused", "error"),
    ]
    assert lines[0]["entries"] == 3
    assert lines[1]["mistake"] == "keys.toml, line 3: no TOML"
