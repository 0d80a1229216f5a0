import pytest

from engine import names


@pytest.mark.parametrize(
    ("file_name", "model"),
    [
        ("smollm2@135m.gguf", "smollm2:135m"),
        ("Qwen3@0.6B.GGUF", "qwen3:0.6b"),
        ("plain.gguf", "plain:latest"),
        ("a@b@c.gguf", None),
        ("@tag.gguf", None),
        (".gguf", None),
        ("with space.gguf", None),
        ("notes.txt", None),
    ],
)
def test_a_file_name_says_which_model_it_carries(file_name: str, model: str | None) -> None:
    assert names.of_file(file_name) == model


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SmolLM2:135M", "smollm2:135m"),
        ("plain", "plain:latest"),
        ("plain:", "plain:latest"),
        ("", None),
        ("../etc/passwd", None),
        ("a/b:c", None),
        (":tag", None),
        ("x" * 81, None),
    ],
)
def test_a_name_is_lower_case_and_has_a_tag(name: str, expected: str | None) -> None:
    assert names.canonical(name) == expected


def test_the_default_tag_is_left_out_for_people() -> None:
    assert names.short("plain:latest") == "plain"
    assert names.short("smollm2:135m") == "smollm2:135m"
