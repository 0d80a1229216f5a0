"""The dashboard listens on the loopback by itself."""

import pytest
from pydantic import ValidationError

from dashboard.settings import DashboardSettings


def test_it_listens_on_the_loopback() -> None:
    told = DashboardSettings(_cli_parse_args=[])
    assert (told.host, told.port) == ("127.0.0.1", 3001)


def test_a_share_is_below_one() -> None:
    with pytest.raises(ValidationError, match="less than 1"):
        DashboardSettings(_cli_parse_args=[], slo_ttft_ratio=1.5)
