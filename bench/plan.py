"""How much is measured: all of it in under four minutes, or a little of each in seconds."""

from dataclasses import dataclass

from bench.subjects import HITS, MISSES
from bench.workloads import Workload, streams, unary, upload


@dataclass(frozen=True, slots=True)
class Plan:
    """The workloads, and how many rounds are taken of each."""

    rounds: int
    workloads: tuple[Workload, ...]


def whole(rounds: int) -> Plan:
    """What docs/PERFORMANCE.md is made from."""
    return Plan(
        rounds,
        (
            Workload(
                "unary_1",
                "unary chats, 1 connection",
                unary(1, 2000),
                unary(1, 1000),
                suits_gateway=True,
                cached=(MISSES, HITS),
            ),
            Workload(
                "unary_16",
                "unary chats, 16 connections",
                unary(16, 4000),
                unary(16, 1600),
                suits_gateway=True,
                cached=(MISSES, HITS),
            ),
            Workload(
                "streams_64",
                "64 streams of 100 chunks/s",
                streams(64, 100, seconds=3),
                streams(64, 100, seconds=0.5),
                suits_gateway=True,
                cached=(MISSES,),
            ),
            Workload(
                "streams_1000",
                "1000 streams of 5 chunks/s",
                streams(1000, 5, seconds=4),
                unary(16, 160),
            ),
            Workload("upload", "one upload of 2 GB", upload(2_000_000_000), upload(64_000_000)),
        ),
    )


def quick() -> Plan:
    """That everything works, in seconds; its figures are too few to be worth quoting."""
    return Plan(
        1,
        (
            Workload(
                "unary_1",
                "100 unary chats, 1 connection",
                unary(1, 100),
                unary(1, 10),
                suits_gateway=True,
                cached=(MISSES, HITS),
            ),
            Workload(
                "unary_16",
                "160 unary chats, 16 connections",
                unary(16, 160),
                unary(16, 16),
                suits_gateway=True,
                cached=(MISSES, HITS),
            ),
            Workload(
                "streams_64",
                "8 streams of 100 chunks/s",
                streams(8, 100, seconds=0.5, ramp_seconds=0.1),
                unary(1, 10),
                suits_gateway=True,
                cached=(MISSES,),
            ),
            Workload(
                "streams_1000",
                "50 streams of 5 chunks/s",
                streams(50, 5, seconds=0.5, ramp_seconds=0.2),
                unary(1, 10),
            ),
            Workload("upload", "one upload of 64 MB", upload(64_000_000), upload(1_000_000)),
        ),
    )
