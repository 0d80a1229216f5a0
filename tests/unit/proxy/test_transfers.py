"""Transfers: bytes as they move, and a pull's progress while it lasts."""

import json

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.progress import ProgressMeter
from ollama_observe.wire.requests import read_request
from proxy.story import Story
from proxy.transfers import Transfer
from tests.ledgers import ReadLedger


def line(completed: int, total: int = 200, digest: str = "sha256:a") -> bytes:
    fields = {"status": "pulling", "digest": digest, "total": total, "completed": completed}
    return json.dumps(fields).encode() + b"\n"


def transfer(read: ReadLedger, operation: str = "pull", model: str = "m:latest") -> Transfer:
    endpoint = endpoint_of(f"/api/{operation}")
    story = Story("id", "", "", "POST", endpoint, True, model, 0.0)
    story.facts = read_request(b'{"model":"m"}')
    return Transfer(read.ledger, story, ProgressMeter(Framing.NDJSON))


def test_bytes_are_counted_while_they_move() -> None:
    read = ReadLedger()
    pull = transfer(read)
    pull.feed(1.0, [line(50)])
    pull.count()
    assert read.value(m.TRANSFER_BYTES, operation="pull") == 50
    pull.feed(2.0, [line(120), line(10, 100, "sha256:b")])
    pull.count()
    assert read.value(m.TRANSFER_BYTES, operation="pull") == 130


def test_a_pull_shows_how_far_it_is_until_it_ends() -> None:
    read = ReadLedger()
    pull = transfer(read)
    pull.feed(1.0, [line(50)])
    pull.count()
    assert read.value(m.PULL_PROGRESS, model="m:latest") == 0.25
    pull.close()
    assert read.value(m.PULL_PROGRESS, model="m:latest") is None


def test_a_model_is_proven_by_the_first_line_with_its_size() -> None:
    read = ReadLedger()
    pull = transfer(read, model="other")
    pull.feed(1.0, [b'{"status":"pulling manifest"}\n'])
    pull.count()
    before = pull.proven_model
    pull.feed(2.0, [line(50)])
    pull.count()
    assert (before, pull.proven_model) == (None, "m")
    assert read.value(m.PULL_PROGRESS, model="other") is None
    pull.close()


def test_a_push_moves_bytes_and_has_no_progress_of_its_own() -> None:
    read = ReadLedger()
    push = transfer(read, "push")
    push.feed(1.0, [line(50)])
    push.count()
    push.finish(2.0)
    push.close()
    assert push.proven_model is None
    assert read.value(m.TRANSFER_BYTES, operation="push") == 50
    assert read.value(m.PULL_PROGRESS, model="m:latest") is None
