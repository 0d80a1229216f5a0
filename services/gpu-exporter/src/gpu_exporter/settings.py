"""What the exporter can be told, by environment (GPU_EXPORTER_*) or command line."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from gpu_exporter.http import can_be_asked
from ollama_observe.service.settings import ListenHost, ServiceSettings, settings_config


class GpuExporterSettings(ServiceSettings):
    """Settings of the GPU, host and model exporter."""

    model_config = settings_config("GPU_EXPORTER_", "gpu-exporter")

    host: ListenHost = Field("127.0.0.1", description="Address of /metrics.")
    port: int = Field(8000, ge=0, le=65535, description="Port of /metrics.")

    backend: Literal["auto", "nvml", "sysfs", "apple", "demo", "replay", "none"] = Field(
        "auto",
        description="How GPUs are read. auto: NVIDIA's by nvml and, together with them, AMD's and "
        "Intel's by sysfs; on macOS apple. demo: made-up cards, labelled so. replay: a capture.",
    )
    capture: Path | None = Field(
        None,
        description="The capture that `replay` plays: "
        "`python -m gpu_exporter.nvidia.record` writes one.",
    )
    gpu_interval_seconds: float = Field(
        1.0,
        ge=0.1,
        le=300,
        description="How often GPUs, RAPL and the requests in flight are read. Longer lets a "
        "laptop's card sleep, and blurs energy that is integrated from power.",
    )
    host_interval_seconds: float = Field(
        5.0, ge=0.1, le=300, description="How often the machine is read."
    )
    ollama_interval_seconds: float = Field(
        5.0, ge=0.1, le=300, description="How often Ollama is asked what it has loaded."
    )
    without: str = Field(
        "", description="Collectors that are not to run, by commas: their series are absent."
    )

    ollama_url: str = Field("http://127.0.0.1:11434", description="Where Ollama answers.")
    ollama_elsewhere: bool = Field(
        False,
        description="Ollama runs on another machine than the one that is read: its models are told "
        "of, and no memory or energy of this machine is theirs.",
    )
    proxy_url: str = Field(
        "http://127.0.0.1:8001",
        description="The proxy's control address, asked for the requests in flight so that energy "
        "can be shared out. Empty: it is not.",
    )
    models_dir: Path | None = Field(
        None,
        description="Folder of the models, whose file system is watched. Unset: where Ollama keeps "
        "them, if that is here.",
    )
    model_label_limit: int = Field(
        100,
        gt=0,
        description="Most models that have series of their own, on disk, loaded, in energy.",
    )

    host_proc: Path = Field(
        Path("/proc"), description="The machine's /proc; in a container, where it is mounted."
    )
    host_sys: Path = Field(
        Path("/sys"), description="The machine's /sys; in a container, where it is mounted."
    )

    pcie_throughput: bool = Field(
        False, description="Read the traffic over PCIe: takes 40 ms of the driver's time a card."
    )
    exit_on_nvml_loss: int = Field(
        0,
        ge=0,
        description="End with exit code 1 after NVML was lost and could not be had again so many "
        "times, for a supervisor to start it anew; 0: never.",
    )
    dcgm: bool = Field(
        False,
        description="Serve /dcgm/metrics as well: ten series under DCGM's names that other tools "
        "and boards look for.",
    )

    currency: str = Field("", max_length=12, description="Currency of the prices, for labels.")
    energy_price_per_kilowatt_hour: float | None = Field(
        None, ge=0, description="Price of electricity."
    )
    pue_ratio: float = Field(
        1.0,
        ge=1,
        description="Power usage effectiveness: energy paid for each unit that the machine uses.",
    )
    hardware_price_per_hour: float | None = Field(
        None, ge=0, description="Price of the hardware an hour, used or not."
    )
    carbon_grams_per_kilowatt_hour: float | None = Field(
        None, ge=0, description="Grams of CO2 equivalent emitted for electricity."
    )
    api_input_price_per_million_tokens: float | None = Field(
        None, ge=0, description="What a paid API takes for prompt tokens, to compare with."
    )
    api_output_price_per_million_tokens: float | None = Field(
        None, ge=0, description="What a paid API takes for generated tokens, to compare with."
    )

    @field_validator("ollama_url", "proxy_url")
    @classmethod
    def _is_address(cls, value: str, info: ValidationInfo) -> str:
        is_off = not value and info.field_name == "proxy_url"
        if not is_off and not can_be_asked(value):
            raise ValueError("expected http://host:port")
        return value

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names in `without`."""
        return tuple(name for word in self.without.split(",") if (name := word.strip()))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.backend == "replay" and self.capture is None:
            raise ValueError("GPU_EXPORTER_BACKEND=replay needs GPU_EXPORTER_CAPTURE")
        prices = (
            *(self.energy_price_per_kilowatt_hour, self.hardware_price_per_hour),
            *(self.api_input_price_per_million_tokens, self.api_output_price_per_million_tokens),
        )
        if not self.currency and any(price is not None for price in prices):
            raise ValueError("a price needs GPU_EXPORTER_CURRENCY, for example EUR")
        return self
