"""Every label is explained once, and every explanation is of a label."""

import re

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue.labels import LABELS


def test_the_labels_of_a_metric_are_explained() -> None:
    for metric in catalogue.ALL:
        assert set(metric.labels) <= set(LABELS)
        assert len(set(metric.labels)) == len(metric.labels)


def test_every_explained_label_is_used() -> None:
    assert set(LABELS) == {label for metric in catalogue.ALL for label in metric.labels}


def test_labels_are_found_by_the_alphabet() -> None:
    assert list(LABELS) == sorted(LABELS)


def test_a_label_has_a_name_of_its_own() -> None:
    for label in LABELS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", label)
        # Prometheus adds these two, and keeps those of a metric apart from them under other names
        assert label not in ("job", "instance")
