"""What the operator named of prices: what was not named is absent."""

from gpu_exporter.energy.prices import prices
from gpu_exporter.settings import GpuExporterSettings
from ollama_observe.metrics.catalogue import energy as m


def test_only_the_pue_is_always_there() -> None:
    (reading,) = prices(GpuExporterSettings())
    assert (reading.metric, reading.value, reading.labels) == (m.PUE, 1.0, ())


def test_what_is_named_is_told_in_its_currency() -> None:
    settings = GpuExporterSettings(
        currency="EUR",
        energy_price_per_kilowatt_hour=0.3,
        pue_ratio=1.4,
        hardware_price_per_hour=0.0,
        carbon_grams_per_kilowatt_hour=380,
        api_input_price_per_million_tokens=2.5,
        api_output_price_per_million_tokens=10,
    )
    told = {(reading.metric, reading.labels): reading.value for reading in prices(settings)}
    assert told == {
        (m.PUE, ()): 1.4,
        (m.ENERGY_PRICE, ("EUR",)): 0.3,
        (m.HARDWARE_PRICE, ("EUR",)): 0.0,
        (m.CARBON_INTENSITY, ()): 380.0,
        (m.API_PRICE, ("EUR", "input")): 2.5,
        (m.API_PRICE, ("EUR", "output")): 10.0,
    }
