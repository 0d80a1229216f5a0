"""What a run may choose: every way of a request is one of a run."""

from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from traffic.choices import Rate, RequestRoute, Route, Seconds


def test_a_run_may_choose_every_way_of_a_request_and_both() -> None:
    assert set(get_args(Route)) == {*get_args(RequestRoute), "mixed"}


class Times(BaseModel):
    seconds: Seconds = 1
    rate: Rate = 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("seconds", 0), ("seconds", 1e9), ("rate", 0), ("rate", 1e-9), ("rate", 1e6)],
)
def test_what_no_timer_can_count_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValidationError, match=r"should be (less|greater) than"):
        Times.model_validate({field: value})
