"""The dashboard listens on the loopback by itself."""

import pytest
from pydantic import ValidationError

from dashboard.settings import DashboardSettings


def test_it_listens_on_the_loopback() -> None:
    told = DashboardSettings()
    assert (told.host, told.port) == ("127.0.0.1", 3001)


def test_a_share_is_below_one() -> None:
    with pytest.raises(ValidationError, match="less than 1"):
        DashboardSettings(slo_ttft_ratio=1.5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"proxy_url": ""}, "expected http://host:port"),
        ({"prometheus_url": "127.0.0.1:9090"}, "expected http://host:port, or nothing"),
        ({"traffic_url": "http://h:99999"}, "expected http://host:port, or nothing"),
        ({"prometheus_link": "javascript:alert(1)"}, "expected http://host/path or https://"),
        ({"prometheus_url": "http://ex\x01:9090"}, "expected http://host:port, or nothing"),
        ({"proxy_url": "http://x\x7f"}, "expected http://host:port"),
        ({"prometheus_link": "https://me:word@h/"}, "expected no user and no password"),
        ({"runbook_url": "https://me@h/"}, "expected no user and no password"),
        ({"runbook_url": "docs/RUNBOOK.md"}, "expected http://host/path or https://"),
        ({"allowed_origins": "https://a.example/, http://b"}, "found 'https://a.example/'"),
        ({"allowed_origins": "*"}, r"found '\*'"),
    ],
)
def test_what_is_no_address_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DashboardSettings(**given)  # type: ignore[arg-type]


def test_addresses_and_origins_are_as_they_are_compared() -> None:
    told = DashboardSettings(
        proxy_url="http://proxy:8001/",
        prometheus_url="",
        allowed_origins=" https://Board.example,http://b:1,",
    )
    assert told.proxy_url == "http://proxy:8001"
    assert told.origins == {"https://board.example", "http://b:1"}
