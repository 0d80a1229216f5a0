from engine import shapes
from engine.generation import Piece

TOKEN = {"id": 1, "token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": []}
TOLD = {"token": "a", "logprob": -0.5, "bytes": [97]}


def test_log_probabilities_of_all_pieces_come_in_their_order() -> None:
    other = TOKEN | {"token": "b", "bytes": [98]}
    pieces = [Piece("a", (TOKEN,)), Piece(""), Piece("bb", (other, other))]
    assert [entry["token"] for entry in shapes.logprobs(pieces)] == ["a", "b", "b"]


def test_llama_cpps_own_fields_are_not_told() -> None:
    assert shapes.logprobs([Piece("a", (TOKEN,))]) == [TOLD]


def test_alternatives_are_told_in_the_same_form_where_there_are_any() -> None:
    token = TOKEN | {"top_logprobs": [TOKEN]}
    assert shapes.logprobs([Piece("a", (token,))]) == [TOLD | {"top_logprobs": [TOLD]}]
