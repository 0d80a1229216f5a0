from pathlib import Path

import pytest

from stack.docker.names import reaching, require_known
from stack.errors import UnfitError
from stack.places import REPOSITORY

FILES = ("compose.yaml",)


def test_what_a_list_or_a_file_names_reaches_a_container() -> None:
    known = reaching(REPOSITORY, FILES)
    assert {"PROXY_LOG_LEVEL", "TRAFFIC_MODEL", "OLLAMA_KEEP_ALIVE", "PROXY_MEMORY"} <= known
    assert not any(name.startswith("#") for name in known)


def test_a_variable_that_would_be_dropped_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnfitError, match=r"^PROXY_LOG_LEVLE .*, did you mean PROXY_LOG_LEVEL\?$"):
        require_known({"PROXY_LOG_LEVLE": "debug"}, REPOSITORY, FILES)


def test_a_folder_of_this_machine_reaches_no_container() -> None:
    with pytest.raises(UnfitError, match=r"^ENGINE_MODELS_DIR reaches no container$"):
        require_known({"ENGINE_MODELS_DIR": "/models"}, REPOSITORY, FILES)


def test_what_is_the_stack_s_own_or_somebody_else_s_is_no_matter() -> None:
    mine = {"PROXY_PORT": "1", "PROXY_MAX_REQUESTS": "9", "EDITOR": "vi", "PROXY_NONE": ""}
    require_known(mine | {"TRAFFIC_RESULTS_DIRECTORY": "here"}, REPOSITORY, FILES)


def test_an_operator_s_own_file_makes_more_known(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("services: {a: {image: '${PROXY_OWN_IMAGE:-a}'}}")
    require_known({"PROXY_OWN_IMAGE": "b"}, tmp_path, ("mine.yaml", "gone.yaml"))
