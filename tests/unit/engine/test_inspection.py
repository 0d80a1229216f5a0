import pytest

from engine import inspection


@pytest.mark.parametrize(
    ("file_type", "word"),
    [(3, "Q4_1"), (1, "F16"), (0, "F32"), (15, "Q4_K_M"), (None, "unknown"), (9999, "unknown")],
)
def test_a_file_type_has_ollamas_word(file_type: int | None, word: str) -> None:
    assert inspection.quantization(file_type) == word
