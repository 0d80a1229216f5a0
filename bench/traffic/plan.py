"""What a run measures, and for how long."""

from dataclasses import dataclass

from bench.traffic.measure import Load


@dataclass(frozen=True, slots=True)
class Plan:
    """The load on the generator, None to leave it out, and the one on each client beside it."""

    rounds: int
    generator: Load | None
    clients: Load


def whole(rounds: int) -> Plan:
    """The generator at length, the clients in short rounds."""
    return Plan(rounds, Load(streams=64, seconds=10.0), Load(streams=64, seconds=2.0))


def clients(rounds: int) -> Plan:
    """The clients alone, in longer rounds."""
    return Plan(rounds, None, Load(streams=64, seconds=5.0))


def quick(rounds: int) -> Plan:
    """A little of each."""
    return Plan(rounds, Load(streams=8, seconds=1.0), Load(streams=8, seconds=1.0))
