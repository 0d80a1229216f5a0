"""What is known of a card: nothing that it did not say."""

from dataclasses import fields, replace

from tests.exporters import a_gpu


def test_a_card_that_says_nothing_has_no_values() -> None:
    gpu = a_gpu()
    said = [getattr(gpu, field.name) for field in fields(gpu)[9:]]
    assert not any(said)
    assert gpu.watts is None


def test_power_over_time_is_the_average_where_there_is_one() -> None:
    assert replace(a_gpu(), power_watts={"instant": 90.0}).watts == 90.0
    assert replace(a_gpu(), power_watts={"instant": 90.0, "average": 80.0}).watts == 80.0
