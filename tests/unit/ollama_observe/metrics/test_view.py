"""A ledger is read while its owner writes: what is there is found, what is torn is not."""

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.view import LedgerView

TRACE = "0af7651916cd43dd8448eb211c80319c"
MODEL = {"model": "smollm2:135m", "routing": "direct"}


def test_a_view_finds_what_came_after_its_last_look() -> None:
    ledger = Ledger(m.METRICS)
    view = LedgerView(m.METRICS, ledger.memory)
    assert list(view.series()) == []
    ledger.add(m.WORKER_RESTARTS, 1)
    assert [series.numbers for series in view.series()] == [[1]]
    ledger.add(m.WORKER_RESTARTS, 1)
    ledger.add(m.LABEL_OVERFLOW, 5, ("model",))
    assert [series.numbers for series in view.series()] == [[2], [5]]


def test_an_exemplar_that_is_being_written_is_not_there_yet() -> None:
    ledger = Ledger(m.METRICS)
    ledger.page(MODEL).observe(m.TTFT, 0.3, TRACE)
    view = LedgerView(m.METRICS, ledger.memory)
    at = ledger.memory.bytes.find(bytes.fromhex(TRACE))
    for torn in range(at, at + 40):
        kept = ledger.memory.bytes[torn]
        ledger.memory.bytes[torn] = kept ^ 0x55
        assert not any(next(view.series()).exemplars)
        ledger.memory.bytes[torn] = kept
    assert any(next(view.series()).exemplars)
