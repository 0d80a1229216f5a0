from engine import generation, options
from engine.options import Placement

PLAIN = options.parse({"temperature": 0, "num_predict": 5}, Placement(64, 1), 64, 4)
FREE = options.parse({}, Placement(64, 1), 64, 4)


def test_options_go_to_the_model_process_under_its_own_names() -> None:
    body = generation.completion_body([1, 2], PLAIN, None, None)
    assert (body["prompt"], body["n_predict"], body["temperature"]) == ([1, 2], 5, 0.0)
    assert body["stream"] is True
    assert not {"json_schema", "n_probs"} & body.keys()


def test_no_limit_is_minus_one() -> None:
    assert generation.completion_body([1], FREE, None, None)["n_predict"] == -1


def test_schema_and_alternatives_are_passed_on() -> None:
    body = generation.completion_body([1], FREE, {"type": "object"}, 0)
    assert body["json_schema"] == {"type": "object"}
    assert body["n_probs"] == 1
