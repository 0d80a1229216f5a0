from typing import Any

import pytest

from engine import options
from engine.errors import ApiError
from engine.options import Options, Placement

DEFAULT = Placement(context_tokens=4096, threads=3)


def parse(**given: Any) -> Options:
    return options.parse(given, DEFAULT, context_limit=8192, most_threads=4)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("temperature", "hot", "of type float32"),
        ("top_k", "many", "of type integer"),
        ("seed", True, "of type integer"),
        ("stop", "word", "of type array"),
        ("stop", [1], "of an array of strings"),
        ("use_mmap", 1, "of type boolean"),
    ],
)
def test_a_wrong_type_is_ollamas_500(name: str, value: Any, kind: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse(**{name: value})
    assert (caught.value.status, caught.value.message) == (500, f'option "{name}" must be {kind}')


def test_unknown_and_null_options_are_ignored() -> None:
    assert parse(nonsense=1, temperature=None) == parse()


@pytest.mark.parametrize(("asked", "limit"), [(0, None), (-1, None), (7, 7), (7.9, 7)])
def test_zero_and_negative_num_predict_mean_no_limit(asked: float, limit: int | None) -> None:
    assert parse(num_predict=asked).max_tokens == limit


def test_ollamas_defaults_are_taken_where_nothing_is_said() -> None:
    sampling = parse().sampling
    assert (sampling["temperature"], sampling["top_p"], sampling["repeat_penalty"]) == (
        0.8,
        0.9,
        1.1,
    )


def test_runner_options_change_the_placement_and_sampling_options_do_not() -> None:
    assert parse(temperature=0, stop=["x"], seed=3).placement == DEFAULT
    assert parse(num_thread=1).placement.threads == 1
    assert parse(num_ctx=512).placement.context_tokens == 512


def test_the_context_is_never_longer_than_the_model_was_made_for() -> None:
    assert parse(num_ctx=10**12).placement.context_tokens == 8192
    assert parse(num_ctx=-5).placement.context_tokens == 4096


def test_a_batch_is_never_longer_than_the_context() -> None:
    assert parse(num_ctx=64, num_batch=512).placement.batch_tokens == 64


def test_a_batch_is_never_so_small_that_llama_cpp_aborts() -> None:
    assert parse(num_batch=1).placement.batch_tokens == 16


def test_threads_are_never_more_than_the_machine_runs_at_a_time() -> None:
    assert parse(num_thread=10**6).placement.threads == 4


@pytest.mark.parametrize(("asked", "tokens"), [(-1, 512), (-(10**9), 512), (0, 0), (10**18, 512)])
def test_the_repetition_window_is_at_most_the_context(asked: int, tokens: int) -> None:
    assert parse(num_ctx=512, repeat_last_n=asked).sampling["repeat_last_n"] == tokens


def test_numbers_stay_within_what_the_model_process_can_read() -> None:
    assert parse(num_predict=1e30).max_tokens == 2**31 - 1
