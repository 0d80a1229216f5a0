"""The containers' Prometheus finds by name what may have replicas, and reads what the others do."""

import yaml

from stack.parts import Address
from stack.places import REPOSITORY
from stack.prometheus.configuration import TEMPLATE
from stack.prometheus.discovery import FOUND, in_containers

TEXT = (REPOSITORY / TEMPLATE).read_text(encoding="utf-8")


def test_what_may_have_replicas_is_found_by_name_again_and_again() -> None:
    jobs = {
        job["job_name"]: job for job in yaml.safe_load(in_containers(TEXT, 5))["scrape_configs"]
    }
    for name, port in FOUND.items():
        (found,) = jobs[name]["dns_sd_configs"]
        assert found == {"names": [name], "type": "A", "port": port, "refresh_interval": "5s"}
        assert "static_configs" not in jobs[name]


def test_what_is_alone_has_a_target_also_while_it_is_gone() -> None:
    jobs = {
        job["job_name"]: job for job in yaml.safe_load(in_containers(TEXT, 5))["scrape_configs"]
    }
    alone = {name: job for name, job in jobs.items() if name not in FOUND}
    assert {name: job["static_configs"][0]["targets"] for name, job in alone.items()} == {
        "gpu-exporter": ["gpu-exporter:8000"],
        "prometheus": ["prometheus:9090"],
    }


def test_the_rest_is_the_template_s() -> None:
    found = yaml.safe_load(in_containers(TEXT, 15))
    assert found["global"]["scrape_interval"] == "15s"
    assert found["global"]["scrape_timeout"] == "10s"
    assert found["rule_files"] == ["/etc/prometheus/rules/*.yml"]
    engine = next(job for job in found["scrape_configs"] if job["job_name"] == "engine")
    assert engine["metrics_path"] == "/-/metrics"
    assert "#" not in in_containers(TEXT, 15)


def test_an_alertmanager_is_told_where_there_is_one() -> None:
    def targets(alertmanager: Address | None) -> object:
        found = yaml.safe_load(in_containers(TEXT, 5, alertmanager))
        return found["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]

    assert targets(None) == []
    assert targets(Address("alertmanager", "alerts.example", 9093, "")) == ["alerts.example:9093"]
