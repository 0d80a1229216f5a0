import pytest

from stack.errors import StackError
from stack.model_api import Found, choose, require
from stack.settings import parse
from tests.answering import answering

ENGINE_URL = "http://127.0.0.1:11434"
NOTHING = Found(version=None, is_installed=False)
INSTALLED = Found(version=None, is_installed=True)
ANSWERS = Found(version="0.12.3", is_installed=True)


def test_an_ollama_that_answers_is_used() -> None:
    api = choose(parse({}), ANSWERS, ENGINE_URL)
    assert (api.url, api.is_embedded) == ("http://127.0.0.1:11434", False)
    assert "Ollama 0.12.3" in api.reason


def test_an_ollama_elsewhere_is_used_where_the_variable_says() -> None:
    settings = parse({"OLLAMA_URL": "http://gpu-box:11434/"})
    assert choose(settings, ANSWERS, ENGINE_URL).url == "http://gpu-box:11434"


def test_without_any_ollama_the_engine_is_used_and_the_reason_is_said() -> None:
    api = choose(parse({}), NOTHING, "http://127.0.0.1:12000")
    assert (api.url, api.is_embedded) == ("http://127.0.0.1:12000", True)
    assert "no Ollama answers" in api.reason
    assert "none is installed" in api.reason


def test_an_installed_ollama_that_does_not_answer_is_for_the_operator_to_start() -> None:
    with pytest.raises(StackError, match="ollama serve") as caught:
        choose(parse({}), INSTALLED, ENGINE_URL)
    assert "ENGINE=embedded make start" in str(caught.value)


@pytest.mark.parametrize("found", [NOTHING, INSTALLED])
def test_an_address_that_was_asked_for_is_never_replaced_by_the_engine(found: Found) -> None:
    with pytest.raises(StackError, match="no Ollama answers at OLLAMA_URL="):
        choose(parse({"OLLAMA_URL": "http://127.0.0.1:1"}), found, ENGINE_URL)


def test_another_server_at_the_address_is_named() -> None:
    found = Found(None, False, "nginx does (status 404 for /api/version)")
    with pytest.raises(StackError, match=r"OLLAMA_URL=http://127.0.0.1:1, but nginx does"):
        choose(parse({"OLLAMA_URL": "http://127.0.0.1:1"}), found, ENGINE_URL)


def test_what_a_start_would_be_refused_for_is_known_before() -> None:
    with answering(404, b"") as url:
        with pytest.raises(StackError, match=r"but BaseHTTP\S+ .* \(status 404"):
            require(parse({"OLLAMA_URL": url}))
    require(parse({"ENGINE": "embedded"}))


@pytest.mark.parametrize("found", [NOTHING, INSTALLED, ANSWERS])
def test_the_engine_can_be_forced(found: Found) -> None:
    api = choose(parse({"ENGINE": "embedded"}), found, ENGINE_URL)
    assert api.is_embedded
    assert "ENGINE=embedded" in api.reason


def test_an_engine_of_another_stack_is_not_taken_for_an_ollama() -> None:
    api = choose(parse({}), Found(version="0.12.3+embedded", is_installed=False), ENGINE_URL)
    assert not api.is_embedded
    assert api.reason.startswith("the embedded engine of another stack")


@pytest.mark.parametrize("found", [NOTHING, ANSWERS])
def test_credentials_are_used_and_never_shown(found: Found) -> None:
    settings = parse({"OLLAMA_URL": "http://me:hunter2@127.0.0.1:1/base"})
    try:
        api = choose(settings, found, ENGINE_URL)
    except StackError as error:
        shown = str(error)
    else:
        shown = api.reason
        assert "hunter2" in api.url
    assert "http://127.0.0.1:1/base" in shown
    assert "hunter2" not in shown
