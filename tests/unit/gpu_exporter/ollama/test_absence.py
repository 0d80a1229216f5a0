"""Why nothing is told of Ollama."""

from gpu_exporter.ollama.absence import ROOM_ELSEWHERE, silence


def test_the_setting_that_says_so_is_named() -> None:
    assert "(GPU_EXPORTER_OLLAMA_ELSEWHERE): what is free there" in ROOM_ELSEWHERE


def test_a_password_is_not_told() -> None:
    assert silence("http://me:hunter2@ollama:11434/") == "no Ollama answers at http://ollama:11434"
