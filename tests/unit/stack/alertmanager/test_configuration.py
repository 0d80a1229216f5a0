import tempfile
from pathlib import Path

import pytest
import yaml

from stack.alertmanager.configuration import NO_WEBHOOK, check, prepare, render, require, source
from stack.errors import StackError
from stack.places import REPOSITORY
from stack.prometheus.sources import Binary
from stack.request import Request, read_request
from stack.settings import ALERTMANAGER_SAMPLE

SAMPLE = (REPOSITORY / ALERTMANAGER_SAMPLE).read_text(encoding="utf-8")
HOOK = "https://me:hunter%402@hooks.example:8443/T0/key?topic=a%20b"


@pytest.fixture
def amtool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tool that takes what says `good`, beside an Alertmanager; it repeats what it refuses."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "alertmanager").write_text("#!/bin/sh\n")
    (folder / "alertmanager").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    path = folder / "amtool"
    path.write_text(
        "#!/bin/sh\n"
        'grep -q "^# good" "$2" && exit 0\n'
        'echo "Checking \'$2\'  FAILED: line 3: no such thing"; grep -o "https:[^\\"]*" "$2"\n'
        "echo amtool: error >&2; exit 1\n"
    )
    path.chmod(0o755)
    return path


def asked(folder: Path, **variables: str) -> Request:
    return read_request({"ALERTMANAGER": "on", **variables}, folder)


def with_sample(folder: Path, text: str, **variables: str) -> Request:
    (folder / ALERTMANAGER_SAMPLE).parent.mkdir(exist_ok=True)
    (folder / ALERTMANAGER_SAMPLE).write_text(text)
    request = asked(folder, **variables)
    request.places.run.mkdir(parents=True, exist_ok=True)
    return request


def binary_beside(tool: Path) -> Binary:
    return Binary(tool.with_name("alertmanager"), "from PATH", "0.25.0")


def test_the_sample_is_rendered_as_it_is_where_nothing_is_set() -> None:
    assert render(SAMPLE, None, 1.0) == SAMPLE


def test_a_webhook_comes_in_with_its_password_beside_its_address() -> None:
    (receiver,) = yaml.safe_load(render(SAMPLE, HOOK, 1.0))["receivers"]
    (entry,) = receiver["webhook_configs"]
    assert entry == {
        "url": "https://hooks.example:8443/T0/key?topic=a%20b",
        "send_resolved": True,
        "http_config": {"basic_auth": {"username": "me", "password": "hunter@2"}},
    }


def test_a_webhook_without_a_user_has_none() -> None:
    (receiver,) = yaml.safe_load(render(SAMPLE, "http://127.0.0.1:1/x", 1.0))["receivers"]
    assert receiver["webhook_configs"] == [{"url": "http://127.0.0.1:1/x", "send_resolved": True}]


@pytest.mark.parametrize("sample", ["receivers: []\n", f"{NO_WEBHOOK}\n{NO_WEBHOOK}\n"])
def test_a_sample_that_has_no_place_for_it_is_said(sample: str) -> None:
    with pytest.raises(StackError, match=r"ALERTMANAGER_WEBHOOK_URL: expected .* found [02]"):
        render(sample, HOOK, 1.0)


def test_a_drill_does_not_wait_as_long() -> None:
    before, after = (yaml.safe_load(render(SAMPLE, None, scale))["route"] for scale in (1.0, 0.1))
    assert (before["group_wait"], after["group_wait"]) == ("30s", "3000ms")
    assert (before["group_interval"], after["group_interval"]) == ("5m", "30000ms")
    for route in (after, *after["routes"]):
        for wait in ("group_wait", "group_interval", "repeat_interval"):
            assert route[wait].endswith("ms")


def test_what_is_written_is_for_us_alone_also_where_it_was_there(
    tmp_path: Path, amtool: Path
) -> None:
    request = with_sample(tmp_path, f"# good\n{NO_WEBHOOK}\n", ALERTMANAGER_WEBHOOK_URL=HOOK)
    path = request.places.run / "alertmanager.yml"
    path.write_text("older")
    path.chmod(0o644)
    assert prepare(request, binary_beside(amtool)) == path
    assert path.stat().st_mode & 0o777 == 0o600
    assert "hooks.example" in path.read_text()


def test_a_file_of_one_s_own_is_used_where_it_lies(tmp_path: Path, amtool: Path) -> None:
    own = tmp_path / "my.yml"
    own.write_text("# good\nreceivers: []\n")
    request = asked(tmp_path, ALERTMANAGER_CONFIG="my.yml", PROMETHEUS_RULES_TIME_SCALE="0.5")
    assert prepare(request, binary_beside(amtool)) == own
    assert own.read_text() == "# good\nreceivers: []\n"


def test_a_file_that_alertmanager_does_not_take_is_said_without_what_is_secret(
    tmp_path: Path, amtool: Path
) -> None:
    hook = "https://me:word@hooks.example/key"
    request = with_sample(tmp_path, f"{NO_WEBHOOK}\n", ALERTMANAGER_WEBHOOK_URL=hook)
    with pytest.raises(StackError) as refusal:
        prepare(request, binary_beside(amtool))
    assert str(refusal.value) == (
        "ALERTMANAGER_CONFIG: Alertmanager does not take prometheus/alertmanager.yml: "
        "line 3: no such thing\n(the webhook)"
    )


@pytest.mark.usefixtures("amtool")
def test_a_file_of_one_s_own_is_checked_before_anything_is_fetched_where_there_is_a_tool(
    tmp_path: Path,
) -> None:
    request = asked(tmp_path, ALERTMANAGER_CONFIG="my.yml")
    (tmp_path / "my.yml").write_text("receivers: []\n")
    with pytest.raises(StackError, match=r"does not take my\.yml: line 3: no such thing"):
        require(request)
    (tmp_path / "my.yml").write_text("# good\n")
    require(request)


@pytest.mark.usefixtures("amtool")
def test_a_webhook_is_checked_before_anything_is_fetched_too_and_nothing_of_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    request = with_sample(tmp_path, f"{NO_WEBHOOK}\n", ALERTMANAGER_WEBHOOK_URL=HOOK)
    with pytest.raises(StackError, match="line 3: no such thing") as refusal:
        require(request)
    assert "hooks.example" not in str(refusal.value)
    assert list(temporary.iterdir()) == list(request.places.run.iterdir()) == []
    (tmp_path / ALERTMANAGER_SAMPLE).write_text(f"# good\n{NO_WEBHOOK}\n")
    require(request)


def test_a_tool_that_cannot_run_finds_nothing_wrong(tmp_path: Path) -> None:
    assert check(tmp_path / "absent", tmp_path / "any") is None


def test_a_home_of_nobody_is_named(tmp_path: Path) -> None:
    request = asked(tmp_path, ALERTMANAGER_CONFIG="~nobody-of-that-name/x")
    with pytest.raises(StackError, match=r"found ~nobody-of-that-name/x: "):
        require(request)


@pytest.mark.parametrize("name", ["absent.yml", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    request = asked(tmp_path, ALERTMANAGER_CONFIG=name)
    expected = rf"ALERTMANAGER_CONFIG: expected a file .* found {tmp_path}/{name}: [A-Z]"
    with pytest.raises(StackError, match=expected):
        require(request)


def test_a_file_counts_from_the_repository(tmp_path: Path) -> None:
    request = asked(REPOSITORY)
    assert source(request.settings, request.places) == REPOSITORY / ALERTMANAGER_SAMPLE
