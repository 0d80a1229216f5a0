import pytest

from engine import guard

OWN = "workstation"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "LOCALHOST:11434",
        "127.0.0.1:11434",
        "[::1]:11434",
        "192.168.1.7",
        "0.0.0.0",
        "Workstation:80",
        "printer.local",
        "host.docker.internal:11434",
        "a.localhost",
    ],
)
def test_names_and_addresses_of_this_machine_may_ask(host: str) -> None:
    assert guard.is_allowed_host(host, OWN)


@pytest.mark.parametrize(
    "host", ["example.com", "ollama:11434", "8.8.8.8", "localhost.example.com", "[2001:4860::1]"]
)
def test_other_names_may_not(host: str) -> None:
    assert not guard.is_allowed_host(host, OWN)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", True),
        ("https://127.0.0.1", True),
        ("tauri://app", True),
        ("https://example.com", False),
        ("http://localhost.example.com", False),
        ("http://own.example:11434", True),
        ("https://friend.example", True),
    ],
)
def test_local_own_and_named_origins_may_ask(origin: str, allowed: bool) -> None:
    patterns = [*guard.default_origins(), "https://friend.*"]
    assert guard.is_allowed_origin(origin, "own.example:11434", patterns) is allowed
