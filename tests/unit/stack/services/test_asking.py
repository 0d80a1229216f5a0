from pathlib import Path

import pytest

from stack.parts import Part
from stack.request import Request
from stack.services.asking import AbsentError, RefusedError, ask, printed, sentences
from tests.dockers import world_at

PART = Part("proxy", ("python", "-m", "proxy", "--flag"), (), "", 1, 1, {"PROXY_HOST": "told"})


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return world_at(tmp_path).request(PROXY_LOG_LEVEL="debug", OLLAMA_URL="http://me:key@gpu:1")


def test_a_script_is_told_what_the_part_is_told_and_no_more(request_: Request) -> None:
    script = (
        "import os, sys; print(sys.argv[1:], os.environ['PROXY_HOST'], "
        "os.environ['PROXY_LOG_LEVEL'], 'OLLAMA_URL' in os.environ)"
    )
    assert ask(request_, PART, script, "here") == "['here', '--flag'] told debug False\n"


def test_what_is_not_installed_is_no_refusal(request_: Request) -> None:
    with pytest.raises(AbsentError, match="its packages are not here"):
        ask(request_, PART, "import nobodys_package")


def test_a_script_that_is_of_no_part_is_told_its_words_alone() -> None:
    assert printed("import sys; print(sys.argv[1:])", "a b", "c") == "['a b', 'c']\n"


def test_a_refusal_is_in_its_own_words(request_: Request) -> None:
    with pytest.raises(RefusedError, match=r"^proxy: no$"):
        ask(request_, PART, "import sys; sys.exit('proxy: no')")


def test_a_traceback_comes_to_its_last_line() -> None:
    assert sentences("Traceback (most recent call last):\n  File\nValueError: no\n") == (
        "ValueError: no"
    )
    assert sentences("one\ntwo\n") == "one\ntwo"
