"""Steps that are asked for in several places are taken one after the other."""

from ollama_observe.metrics.ledger import Page
from proxy.books import Steps
from proxy.story import Story


def step(_page: Page, _story: Story) -> None:
    pass


def test_steps_are_taken_in_the_order_in_which_they_were_added() -> None:
    one = Steps((("a", step),), (("b", step),))
    both = one + Steps((("c", step),)) + Steps()
    assert [name for name, _ in both.of_request] == ["a", "c"]
    assert [name for name, _ in both.of_answer] == ["b"]
    assert [name for name, _ in one.of_request] == ["a"]
