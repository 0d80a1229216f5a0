from stack.local import VERBS as LOCAL
from stack.local import WORKER
from stack.serviced import VERBS
from stack.wish import STARTS


def test_a_service_answers_every_verb_about_what_runs() -> None:
    asks = {
        "status",
        "stop",
        "restart",
        "logs",
        "metrics",
        "alerts",
        "traffic",
        "health-portkey",
        "fit",
    }
    of_a_part = {"stop-portkey", "stop-dashboard", "dashboard"}
    assert set(VERBS) == {*STARTS, *WORKER, *asks, *of_a_part, "cache-clear", "top"}


def test_each_takes_the_place_of_one_of_processes() -> None:
    assert set(VERBS) <= set(LOCAL)
    assert all(VERBS[verb] is not LOCAL[verb] for verb in VERBS)
