import pytest

from stack.overview import health_of


@pytest.mark.parametrize(
    ("state", "is_ready", "health"),
    [
        ("RUNNING", True, "ready"),
        ("STARTING", True, "ready"),
        ("RUNNING", False, "not ready"),
        ("BACKOFF", False, "restarting"),
        ("STOPPING", True, "stopping"),
        ("STOPPED", False, "down"),
        ("EXITED", False, "down"),
        ("FATAL", False, "down"),
    ],
)
def test_health_is_what_the_part_says_itself_where_it_runs(
    state: str, is_ready: bool, health: str
) -> None:
    assert health_of(state, is_ready) == health
