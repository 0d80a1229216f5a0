"""Settings: one schema for environment and command line, and no silent mistakes."""

from typing import Self

import pytest
from pydantic import Field, model_validator

from ollama_observe.service.settings import (
    ServiceSettings,
    UnknownSettingError,
    fields_of,
    load,
    refuse_unknown,
    settings_config,
)


class Sample(ServiceSettings):
    """A sample."""

    model_config = settings_config("SAMPLE_", "sample")

    rate_per_second: float = Field(1.0, gt=0, description="How often.")
    enable_thing: bool = Field(False, description="Whether.")


def test_a_misspelt_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        UnknownSettingError, match="SAMPLE_RAT_PER_SECOND, did you mean SAMPLE_RATE"
    ):
        refuse_unknown(Sample, ["PATH", "SAMPLE_RAT_PER_SECOND"])


def test_a_variable_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(UnknownSettingError, match=r"unknown setting SAMPLE_ZZZ$"):
        refuse_unknown(Sample, ["SAMPLE_ZZZ"])


def test_known_and_foreign_variables_pass_in_any_case() -> None:
    refuse_unknown(Sample, ["sample_rate_per_second", "SAMPLE_LOG_LEVEL", "SAMPLER", "HOME"])


def test_an_unknown_variable_stops_the_program_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        load(Sample, [], {"SAMPLE_RATE": "1"})
    assert stopped.value.code == 2
    assert "sample: unknown setting SAMPLE_RATE" in capsys.readouterr().err


def test_flags_are_kebab_case_and_booleans_need_no_value() -> None:
    settings = load(Sample, ["--rate-per-second", "2.5", "--enable-thing"], {})
    assert (settings.rate_per_second, settings.enable_thing) == (2.5, True)


def test_a_bad_value_is_a_sentence_with_name_flag_and_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        load(Sample, ["--rate-per-second", "0"], {})
    said = capsys.readouterr().err
    assert "SAMPLE_RATE_PER_SECOND (--rate-per-second)" in said
    assert "greater than 0" in said
    assert "found '0'" in said


class Together(ServiceSettings):
    """Settings that make sense only together."""

    model_config = settings_config("TOGETHER_", "together")

    user: str = Field("", description="Who.")
    salt: str = Field("", description="What nobody is told.")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if not self.user:
            raise ValueError("TOGETHER_SALT needs TOGETHER_USER")
        return self


def test_a_mistake_of_several_settings_names_no_other_and_shows_no_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        load(Together, ["--salt", "hunter2"], {})
    assert capsys.readouterr().err == "together: TOGETHER_SALT needs TOGETHER_USER\n"


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Sample().rate_per_second = 2.0  # type: ignore[misc]


def test_the_fields_are_rows_for_documentation() -> None:
    rows = {row["variable"]: row for row in fields_of(Sample)}
    assert rows["SAMPLE_RATE_PER_SECOND"] == {
        "variable": "SAMPLE_RATE_PER_SECOND",
        "flag": "--rate-per-second",
        "default": 1.0,
        "description": "How often.",
    }
    assert "SAMPLE_LOG_LEVEL" in rows
