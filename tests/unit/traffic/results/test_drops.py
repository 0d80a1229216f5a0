"""What is not asked is remembered with all that counts it."""

from tests.unit.traffic.request.test_protocol import question
from traffic.bank.questions import Category
from traffic.results.drops import Drop, drop_of


def test_a_dropped_question_is_all_its_requests_at_its_instant() -> None:
    dropped = question(turns=("a", "b"), at_seconds=2.5, model="m:1b")
    assert drop_of(dropped) == Drop(Category.CODE, "m:1b", 2.5, 2)
