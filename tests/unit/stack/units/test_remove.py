from pathlib import Path

import pytest

from stack.errors import StackError
from stack.units.hardening import Footing
from stack.units.install import write
from stack.units.names import TARGET
from stack.units.remove import remove
from tests.unitfiles import Systemctl, a_plan, a_service


def test_nothing_to_remove_is_no_error_and_asks_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systemctl = Systemctl()
    assert remove(a_service(tmp_path, systemctl)) == 0
    assert "no service is installed" in capsys.readouterr().out
    assert systemctl.asked == []
    assert list(tmp_path.iterdir()) == []


def test_units_and_what_they_read_go_and_what_was_measured_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systemctl = Systemctl()
    service = a_service(tmp_path, systemctl)
    service.places.files.mkdir(parents=True)
    service.places.prometheus_data.mkdir()
    write(service, a_plan(service), Footing.USER)
    (service.manager.units / "mine.service").touch()
    assert remove(service) == 0
    assert [path.name for path in service.manager.units.iterdir()] == ["mine.service"]
    assert not service.places.files.exists()
    assert service.places.prometheus_data.exists()
    assert systemctl.verbs() == ["stop", "disable", "daemon-reload", "reset-failed"]
    assert str(service.places.prometheus_data) in capsys.readouterr().out


def test_the_service_of_another_checkout_is_left_alone(tmp_path: Path) -> None:
    service = a_service(tmp_path, Systemctl())
    service.manager.units.mkdir()
    (service.manager.units / TARGET).write_text("[X-Ollama-Observe]\nCheckout=/usr\n")
    with pytest.raises(StackError, match="found that of /usr"):
        remove(service)
    assert (service.manager.units / TARGET).exists()
