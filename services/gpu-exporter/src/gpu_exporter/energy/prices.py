"""What the operator named of prices and emissions, as metrics that rules can use."""

from collections.abc import Iterator

from gpu_exporter.reading import Reading, one
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics.catalogue import energy as m


def prices(settings: GpuExporterSettings) -> Iterator[Reading]:
    """A reading of each that was set; the PUE is always there."""
    currency = settings.currency
    yield Reading(m.PUE, settings.pue_ratio)
    yield from one(m.ENERGY_PRICE, settings.energy_price_per_kilowatt_hour, currency)
    yield from one(m.CARBON_INTENSITY, settings.carbon_grams_per_kilowatt_hour)
    yield from one(m.HARDWARE_PRICE, settings.hardware_price_per_hour, currency)
    yield from one(m.API_PRICE, settings.api_input_price_per_million_tokens, currency, "input")
    yield from one(m.API_PRICE, settings.api_output_price_per_million_tokens, currency, "output")
