"""What the exporter can be told, and what it refuses."""

import pytest
from pydantic import ValidationError

from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.service.settings import fields_of, load


def test_it_listens_on_this_machine_and_not_where_others_look_for_dcgm() -> None:
    settings = GpuExporterSettings()
    assert settings.host == "127.0.0.1"
    assert settings.port not in (9400, 9401)
    assert not settings.dcgm


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--gpu-interval-seconds=0", "GPU_EXPORTER_GPU_INTERVAL_SECONDS"),
        ("--backend=cuda", "GPU_EXPORTER_BACKEND"),
        ("--pue-ratio=0.5", "GPU_EXPORTER_PUE_RATIO"),
        ("--backend=replay", "GPU_EXPORTER_BACKEND=replay needs GPU_EXPORTER_CAPTURE"),
        ("--energy-price-per-kilowatt-hour=0.3", "needs GPU_EXPORTER_CURRENCY"),
        ("--api-output-price-per-million-tokens=10", "needs GPU_EXPORTER_CURRENCY"),
        ("--ollama-url=", "GPU_EXPORTER_OLLAMA_URL (--ollama-url): expected http://host:port"),
        ("--ollama-url=gpu:11434", "expected http://host:port, found 'gpu:11434'"),
        ("--proxy-url=http://[::1", "GPU_EXPORTER_PROXY_URL (--proxy-url): expected http://"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    argument: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load(GpuExporterSettings, [argument], {})
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_password_in_what_is_no_address_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(GpuExporterSettings, ["--ollama-url=http://me:word@gpu:port"], {})
    said = capsys.readouterr().err
    assert said == (
        "gpu-exporter: GPU_EXPORTER_OLLAMA_URL (--ollama-url): expected http://host:port\n"
    )


def test_without_an_address_the_proxy_is_not_asked() -> None:
    assert load(GpuExporterSettings, ["--proxy-url="], {}).proxy_url == ""


def test_a_misspelt_variable_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(GpuExporterSettings, [], {"GPU_EXPORTER_BACKENT": "demo"})
    assert "did you mean GPU_EXPORTER_BACKEND?" in capsys.readouterr().err


def test_carbon_needs_no_currency() -> None:
    assert GpuExporterSettings(carbon_grams_per_kilowatt_hour=380).currency == ""


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        GpuExporterSettings().port = 1  # type: ignore[misc]


def test_every_setting_is_described_in_a_sentence() -> None:
    for row in fields_of(GpuExporterSettings):
        assert row["description"].endswith("."), row["variable"]
