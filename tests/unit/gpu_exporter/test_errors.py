"""What reading can end with."""

from gpu_exporter.errors import CardsMissing, Incomplete
from tests.exporters import a_gpu


def test_where_cards_are_missing_the_others_are_at_hand() -> None:
    gpu = a_gpu("0", "GPU-a")
    missing = CardsMissing("GPU-b is lost", [gpu])
    assert isinstance(missing, Incomplete)
    assert (str(missing), list(missing.gpus)) == ("GPU-b is lost", [gpu])
