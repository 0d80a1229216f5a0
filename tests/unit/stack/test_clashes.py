import pytest

from stack.clashes import ClashError, require_another, require_differing


def test_ports_that_are_one_are_told_by_both_variables() -> None:
    require_differing([("A_PORT", 1), ("B_PORT", 2)])
    with pytest.raises(ClashError, match="A_PORT and C_PORT are both 1") as told:
        require_differing([("A_PORT", 1), ("B_PORT", 2), ("C_PORT", 1)])
    assert told.value.names == ("A_PORT", "C_PORT")


def test_the_proxy_is_no_ollama_of_its_own() -> None:
    require_another("http://gpu-box:11435", 11435, "x")
    require_another("http://localhost:11434", 11435, "x")
    with pytest.raises(ClashError, match=r"found the proxy's own port 11435 .* looks at x") as told:
        require_another("http://localhost:11435", 11435, "x")
    assert told.value.names == ("OLLAMA_URL", "PROXY_PORT")
