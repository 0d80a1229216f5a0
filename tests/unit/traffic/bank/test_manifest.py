"""The manifest says what the bank holds."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.unit.traffic.bank.test_loading import write_bank, write_fixtures
from traffic.bank.loading import load_bank
from traffic.bank.manifest import main, manifest


def test_a_manifest_counts_the_questions_and_hashes_every_file(tmp_path: Path) -> None:
    (tmp_path / "contexts").mkdir()
    (tmp_path / "contexts" / "story.txt").write_bytes(b"Once.\n")
    write_fixtures(tmp_path, edge=3)
    made = manifest(tmp_path, load_bank(write_bank(tmp_path, each=2)))
    assert made["questions"] == 20
    assert made["fixtures"] == {"edge": 3, "refusal_safe": 0, "embeddings": 0}
    assert set(made["categories"].values()) == {2}
    assert len(made["sha256"]) == 12
    assert "fixtures/edge.jsonl" in made["sha256"]
    assert made["sha256"]["contexts/story.txt"] == hashlib.sha256(b"Once.\n").hexdigest()


def test_both_documents_are_written_beside_the_bank(tmp_path: Path) -> None:
    assert main([str(write_bank(tmp_path))]) == 0
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["questions"] == 30
    schema = json.loads((tmp_path / "schema.json").read_text(encoding="utf-8"))
    for name in ("Question", "Embedding"):
        assert schema["$defs"][name]["additionalProperties"] is False


def test_an_unusable_bank_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([]) == 2
    assert "cannot read" in capsys.readouterr().err
