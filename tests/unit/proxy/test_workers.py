"""How long a worker that ended stays away; what the processes do is in integration."""

from proxy.workers import PAUSE_SECONDS, pause_seconds


def test_one_that_lived_is_started_at_once_and_one_that_cannot_live_ever_later() -> None:
    pauses = [pause_seconds(failures) for failures in range(10)]
    assert pauses[0] == min(PAUSE_SECONDS)
    assert pauses == sorted(pauses)
    assert pauses[-1] == max(PAUSE_SECONDS)
