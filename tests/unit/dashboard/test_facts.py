"""One answer carries all that the strip wants of Prometheus."""

from dashboard.facts import EXPRESSION, EXPRESSIONS, Facts, facts_of


def test_every_fact_is_asked_for_under_its_name() -> None:
    for fact in EXPRESSIONS:
        assert f'"fact", "{fact}"' in EXPRESSION


def test_what_is_not_answered_is_not_known() -> None:
    assert facts_of([]) == Facts()


def test_an_answer_is_read() -> None:
    answer = {"success": 0.01, "demo": 1.0, "ollama": 0.0, "newest": 7.0, "newest_before": 5.0}
    assert facts_of(({"fact": name}, value) for name, value in answer.items()) == Facts(
        missed={"success": 0.01}, is_demo=True, ollama_up=False, newest=7.0
    )


def test_of_a_proxy_that_is_down_the_last_sample_counts() -> None:
    assert facts_of([({"fact": "newest_before"}, 5.0)]).newest == 5.0
