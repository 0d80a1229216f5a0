"""One limit for all processes that share their counts."""

from proxy.admission import Admission, Counts
from proxy.outcomes import Ending


def test_requests_enter_up_to_the_limit_of_all_processes_together() -> None:
    counts = Counts()
    here, there = Admission(3, counts, 0), Admission(3, counts, 1)
    assert [here.enter(), there.enter(), there.enter()] == [None, None, None]
    refusal = here.enter()
    assert refusal is not None
    assert refusal.ending is Ending.REFUSED_BUSY
    assert "3 requests" in str(refusal)
    there.leave()
    assert here.enter() is None


def test_counts_are_seen_through_another_mapping_of_the_same_memory() -> None:
    counts = Counts()
    Admission(1, Counts(counts.descriptor), 7).enter()
    assert list(counts.numbers[:8]) == [0, 0, 0, 0, 0, 0, 0, 1]
    assert Admission(1, counts, 0).enter() is not None


def test_without_a_limit_everybody_enters() -> None:
    admission = Admission(0, Counts())
    assert [admission.enter() for _ in range(1000)] == [None] * 1000
