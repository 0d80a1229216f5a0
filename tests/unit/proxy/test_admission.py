"""One limit for all processes that share their counts."""

from proxy.admission import Admission
from proxy.outcomes import Ending
from proxy.shared import Shared


def test_requests_enter_up_to_the_limit_of_all_processes_together() -> None:
    shared = Shared()
    here, there = Admission(3, shared, 0, 7), Admission(3, shared, 1)
    assert [here.enter(), there.enter(), there.enter()] == [None, None, None]
    refusal = here.enter()
    assert refusal is not None
    assert refusal.ending is Ending.REFUSED_BUSY
    assert "3 requests" in str(refusal)
    assert refusal.lines == (b"Retry-After: 7",)
    there.leave()
    assert here.enter() is None


def test_without_a_limit_everybody_enters() -> None:
    admission = Admission(0, Shared(), 0)
    assert [admission.enter() for _ in range(1000)] == [None] * 1000
