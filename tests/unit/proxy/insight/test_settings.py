"""The insight is on unless somebody turns it off."""

from proxy.settings import ProxySettings


def test_it_is_on_and_can_be_turned_off() -> None:
    assert ProxySettings().insight is True
    assert ProxySettings.model_validate({"insight": "false"}).insight is False
