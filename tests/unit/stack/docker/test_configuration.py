from pathlib import Path

from stack.docker.configuration import has_other_rules, has_other_scrapes, rendered, told
from stack.places import REPOSITORY
from stack.prometheus.configuration import TEMPLATE
from stack.request import Request, read_request
from stack.settings import parse
from tests.dockers import checkout

TEXT = (REPOSITORY / TEMPLATE).read_text(encoding="utf-8")


def request_of(folder: Path, **variables: str) -> Request:
    return read_request({"STACK_STATE_DIR": str(folder / "state"), **variables}, folder)


def test_the_committed_files_are_used_where_nothing_else_is_asked(tmp_path: Path) -> None:
    assert told(request_of(checkout(tmp_path))) == {}
    assert not (tmp_path / "state").exists()


def test_another_interval_is_a_file_of_its_own_that_everybody_may_read(tmp_path: Path) -> None:
    checkout(tmp_path)
    found = told(request_of(tmp_path, PROMETHEUS_SCRAPE_INTERVAL_SECONDS="2"))
    path = Path(found["PROMETHEUS_CONFIG"])
    assert "scrape_interval: 2s" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.parent.stat().st_mode & 0o777 == 0o755
    again = told(request_of(tmp_path, PROMETHEUS_SCRAPE_INTERVAL_SECONDS="2"))
    other = told(request_of(tmp_path, PROMETHEUS_SCRAPE_INTERVAL_SECONDS="3"))
    assert again == found != other
    assert path.exists()


def test_other_objectives_are_other_rules(tmp_path: Path) -> None:
    checkout(tmp_path)
    found = told(request_of(tmp_path, SLO_TTFT_SECONDS="1"))
    folder = Path(found["PROMETHEUS_RULES"])
    names = {path.name for path in folder.iterdir()}
    assert names == {path.name for path in (REPOSITORY / "prometheus/rules").glob("*.yml")}
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in folder.iterdir())
    assert told(request_of(tmp_path, SLO_TTFT_SECONDS="1")) == found
    assert told(request_of(tmp_path, SLO_TTFT_SECONDS="2.5")) != found


def test_an_operator_s_own_files_win(tmp_path: Path) -> None:
    own = {"PROMETHEUS_CONFIG": "mine/prometheus.yml", "PROMETHEUS_RULES": "/mine/rules"}
    found = told(request_of(checkout(tmp_path), SLO_TTFT_SECONDS="1", **own))
    assert found == {
        "PROMETHEUS_CONFIG": str(tmp_path / "mine/prometheus.yml"),
        "PROMETHEUS_RULES": "/mine/rules",
    }


def test_somebody_else_s_alertmanager_is_told_of() -> None:
    settings = parse({"ALERTMANAGER": "on", "ALERTMANAGER_HOST": "am.example"})
    assert has_other_scrapes(settings)
    assert '- targets: ["am.example:9093"]' in rendered(TEXT, settings)
    assert not has_other_scrapes(parse({}))


def test_rules_differ_where_what_they_are_made_of_does() -> None:
    assert not has_other_rules(parse({"PROMETHEUS_SCRAPE_INTERVAL_SECONDS": "2"}))
    assert has_other_rules(parse({"PROMETHEUS_RUNBOOK_URL": "http://wiki/runbook"}))


def test_an_exporter_that_nobody_wants_is_not_missed() -> None:
    settings = parse({"GPU_EXPORTER": "off"})
    assert has_other_scrapes(settings)
    assert "gpu-exporter:8000" not in rendered(TEXT, settings)
    assert "gpu-exporter:8000" in rendered(TEXT, parse({}))


def test_a_dashboard_is_found_where_there_is_one() -> None:
    assert "names: [dashboard]" in rendered(TEXT, parse({}))
