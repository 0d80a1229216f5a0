import pytest
from pydantic import TypeAdapter, ValidationError

from stack.shapes import Host, Page, Port

HOST: TypeAdapter[str] = TypeAdapter(Host)
PAGE: TypeAdapter[str] = TypeAdapter(Page)
PORT: TypeAdapter[int] = TypeAdapter(Port)


@pytest.mark.parametrize(
    "host", ["localhost", "gpu-1.example", "a_b", "192.168.0.4", "::1", "0.0.0.0", "fe80::1%eth0"]
)
def test_a_name_or_an_address_is_a_host(host: str) -> None:
    assert HOST.validate_python(host) == host


@pytest.mark.parametrize(
    "host",
    ['"x', "a b", "h@x", "h#x", "@{engine}", "h/x", "h:1", "[::1]", 'fe80::1%"x', "ü", "a\nb"],
)
def test_what_would_be_more_than_a_host_in_an_address_is_none(host: str) -> None:
    with pytest.raises(ValidationError, match="expected a host's name or address alone"):
        HOST.validate_python(host)


@pytest.mark.parametrize(
    "page", ["docs/RUNBOOK.md", 'https://w.example/a?b="c"&d=\\e', "http://h/{{x}}", "http://h/ü模"]
)
def test_an_address_or_path_is_a_page(page: str) -> None:
    assert PAGE.validate_python(page) == page


@pytest.mark.parametrize("letter", [" ", "#", "\n", "\0", "\x1b", "\x7f", "\x80", "\ufffe"])
def test_what_rules_do_not_take_or_what_has_a_section_already_is_no_page(letter: str) -> None:
    with pytest.raises(ValidationError, match="without blanks, control characters and #"):
        PAGE.validate_python(f"http://h/a{letter}b")


def test_a_page_has_a_name() -> None:
    with pytest.raises(ValidationError):
        PAGE.validate_python("")


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_is_one_that_can_be_connected_to(port: int) -> None:
    with pytest.raises(ValidationError):
        PORT.validate_python(port)
    assert PORT.validate_python("65535") == 65535
