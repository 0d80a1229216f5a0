"""The bench measures what it says, notices wrong answers, and its table follows from its JSON."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

import pytest

from bench import added, cached, exchanges, gateway, kernel, nginx
from bench.__main__ import DOCUMENT, JSON, run
from bench.bar import FIGURES, Figure, Row, paces_lost, rows
from bench.dashboard import world
from bench.load import Caller, Received, Stream, Upload, WrongAnswerError, connect
from bench.plan import Plan, quick, whole
from bench.report import rendered, table
from tests.components import need

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(240)
async def test_a_quick_run_measures_everything_side_by_side(tmp_path: Path) -> None:
    need("nginx", nginx.executable() is not None, "apt-get install nginx")
    need("node", gateway.is_possible(), "install the packages nodejs and npm")
    need("prometheus", world.is_possible(), "install the package prometheus")
    path = tmp_path / "quick.json"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench",
        "--quick",
        "--json",
        str(path),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, said = (text.decode() for text in await child.communicate())
    assert child.returncode == 0, said
    found = json.loads(path.read_text(encoding="utf-8"))
    shown, generator = told.split("| Generator, client side |")
    assert shown.strip() == table(found).strip()
    generator, viewers = generator.split("| Dashboard |")
    assert "8 streams of 100 chunks/s: 8 requests" in generator
    assert "12 of one view, and 2 that do not read" in viewers
    assert list(found["medians"]) == [workload.name for workload in quick().workloads]
    for row in rows(found["medians"]):
        assert row.proxy is not None and row.nginx is not None, row.figure
        assert row.figure.is_added or row.figure.workload == "upload" or row.proxy > 0, row.figure
    through = added.rows(found["medians"])
    assert [row.figure for row in through] == list(added.FIGURES)
    for costs in through:
        assert costs.direct > 0 and costs.through > 0, costs.figure
        is_shared = costs.figure.name.startswith("cpu_")
        assert (costs.gateway is not None and costs.gateway > 0) is is_shared, costs.figure
    with_cache = cached.rows(found["medians"])
    assert [row.figure for row in with_cache] == list(cached.FIGURES)
    assert all(row.off > 0 and row.misses > 0 for row in with_cache)
    assert [row.hits is None for row in with_cache] == [
        figure.workload == "streams_64" for figure in cached.FIGURES
    ]
    assert set(found["medians"]["upload"]) == {"direct", "nginx", "proxy"}
    assert str(REPOSITORY) not in path.read_text(encoding="utf-8")
    assert os.uname().nodename not in path.read_text(encoding="utf-8")


async def test_without_nginx_and_gateway_the_rest_is_measured() -> None:
    plan = Plan(1, tuple(w for w in quick().workloads if w.name == "unary_1"))
    found = await run(plan, None, has_gateway=False)
    assert set(found["medians"]["unary_1"]) == {"direct", "proxy", "misses", "hits"}
    assert "no nginx to compare with, no Portkey gateway" in table(found)
    assert "straight to the upstream" not in table(found)
    assert all(row.ratio is None and row.proxy is not None for row in rows(found["medians"]))


def test_the_published_table_follows_from_the_published_samples() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert rendered(text, json.loads(JSON.read_text(encoding="utf-8"))) == text


def medians(**values: float) -> dict[str, dict[str, dict[str, float]]]:
    return {"unary_1": {name: {"cost": value} for name, value in values.items()}}


@pytest.mark.parametrize(("proxy", "passes"), [(0.004, True), (0.005, True), (0.006, False)])
def test_a_ratio_is_held_against_the_bar(proxy: float, passes: bool) -> None:
    figure = Figure("unary_1", "cost", "cost", "us", 1e6, 5, limits_ratio=True)
    row = Row(figure, None, 0.001, proxy)
    assert row.passes is passes
    assert Row(figure, None, None, proxy).passes is None


def test_what_is_added_is_the_difference_to_direct() -> None:
    found = {"unary_1": {"first_byte_p50_seconds": 0.001, "first_byte_p99_seconds": 0.002}}
    more = {"unary_1": {"first_byte_p50_seconds": 0.0014, "first_byte_p99_seconds": 0.003}}
    (row,) = (
        row
        for row in rows({"unary_1": {"direct": found["unary_1"], "proxy": more["unary_1"]}})
        if row.figure.name == "first_byte_p50_seconds"
    )
    assert row.proxy == pytest.approx(0.4)
    assert row.passes is True


def test_what_goes_through_the_gateway_costs_both_processes() -> None:
    wait = {"first_byte_p50_seconds": 0.0001}
    direct = {"cpu_seconds_per_request": 0.0001, **wait}
    routed = {"cpu_seconds_per_request": 0.0003, "gateway_cpu_seconds_per_request": 0.001, **wait}
    measured = {"proxy": direct, "portkey": {**routed, "first_byte_p50_seconds": 0.0015}}
    figures = [f for f in added.FIGURES if f.workload == "unary_1" and f.name in direct]
    cpu, first_byte = (added.row(figure, measured) for figure in figures)
    assert (cpu.direct, cpu.proxy, cpu.gateway) == pytest.approx((100, 300, 1000))
    assert (cpu.through, cpu.added) == pytest.approx((1300, 1200))
    assert (first_byte.proxy, first_byte.gateway) == (None, None)
    assert (first_byte.direct, first_byte.through) == pytest.approx((0.1, 1.5))
    assert first_byte.added == pytest.approx(1.4)


@pytest.mark.parametrize("plan", [quick(), whole(3)], ids=["quick", "whole"])
def test_what_the_gateway_s_table_shows_is_what_goes_through_it(plan: Plan) -> None:
    suiting = {workload.name for workload in plan.workloads if workload.suits_gateway}
    assert {figure.workload for figure in added.FIGURES} == suiting


@pytest.mark.parametrize("plan", [quick(), whole(3)], ids=["quick", "whole"])
def test_what_the_caches_table_shows_is_what_is_measured_with_it(plan: Plan) -> None:
    with_cache = {workload.name for workload in plan.workloads if workload.cached}
    assert {figure.workload for figure in cached.FIGURES} == with_cache


@pytest.mark.parametrize(("seconds", "passes"), [(0.0009, True), (0.0011, False), (None, None)])
def test_a_hit_is_held_against_its_bar(seconds: float | None, passes: bool | None) -> None:
    figure = next(figure for figure in cached.FIGURES if figure.limit is not None)
    measured = {name: {figure.name: 0.0002} for name in ("proxy", "misses")}
    if seconds is not None:
        measured["hits"] = {figure.name: seconds}
    row = cached.row(figure, measured)
    assert (row.off, row.misses) == pytest.approx((0.2, 0.2))
    assert row.passes is passes


def test_a_chunk_says_how_long_it_was_on_its_way() -> None:
    early, late = exchanges.stream_chunk(1_999_900_000), exchanges.stream_chunk(2_000_100_000)
    received = exchanges.STREAM_HEAD + early + late + exchanges.STREAM_END
    assert exchanges.delays_seconds(received, 2_000_300_000) == pytest.approx([0.0004, 0.0002])
    assert exchanges.delays_seconds(early[:60], 2_000_300_000) == []
    size, _, line = early.partition(b"\r\n")
    assert int(size, 16) == len(line.removesuffix(b"\r\n"))
    assert json.loads(line)["done"] is False


def test_every_limit_of_the_bar_is_there() -> None:
    limits = [(f.workload, f.limit) for f in FIGURES if f.limit is not None]
    assert limits == [
        ("unary_1", 5),
        ("unary_16", 5),
        ("streams_64", 2.2),
        ("streams_1000", 2.2),
        ("unary_1", 0.5),
        ("streams_1000", 120),
        ("upload", 10),
    ]


def test_a_pace_that_was_not_kept_is_said() -> None:
    kept = {"pace_ratio": 0.99, "lateness_p99_seconds": 0.001}
    lost = {"pace_ratio": 0.9, "lateness_p99_seconds": 0.02}
    assert paces_lost({"streams_64": {"direct": kept, "nginx": kept, "proxy": kept}}) == []
    (sentence,) = paces_lost({"streams_64": {"direct": kept, "proxy": lost}})
    assert sentence.startswith("streams_64, proxy: 90.0 %")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"",
    ],
    ids=["status", "body", "no length", "closed"],
)
async def test_a_wrong_answer_is_not_measured(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(WrongAnswerError):
            await (await connect(port, Caller(1))).done
        with pytest.raises(WrongAnswerError):
            await (await connect(port, Upload(1000))).done
        with pytest.raises(WrongAnswerError):
            await (await connect(port, Stream(b"GET / HTTP/1.1\r\n\r\n", Received()))).done


@pytest.mark.parametrize("is_right", [True, False])
async def test_an_answer_in_chunks_is_read_like_one_with_a_length(is_right: bool) -> None:
    body = exchanges.UNARY_BODY
    pieces = (body[:1], body[1:200], body[200:] if is_right else body[201:])
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(len(exchanges.unary_request())):
            for part in (head, *map(exchanges.chunk, pieces), b"0\r\n\r\n"):
                writer.write(part)
                await writer.drain()
        writer.close()
        await writer.wait_closed()
        served.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        caller = await connect(server.sockets[0].getsockname()[1], Caller(2))
        with contextlib.nullcontext() if is_right else pytest.raises(WrongAnswerError):
            await caller.done
        await asyncio.wait_for(served.wait(), 5)
    assert len(caller.waits) == (2 if is_right else 1)


async def test_the_kernel_tells_the_time_and_the_memory_of_a_process_and_its_child() -> None:
    busy = "x = b'x' * 50_000_000; del x; [None for _ in range(3_000_000)]; print(flush=True)"
    start = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy + '; input()'!r}])"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", start, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None and child.stdin is not None
    await child.stdout.readline()
    assert len(kernel.tree(child.pid)) == 2
    assert kernel.cpu_seconds(child.pid) > 0.05
    resident = kernel.rss_bytes(child.pid)
    assert kernel.peak_rss_bytes(child.pid) > resident + 25_000_000
    kernel.forget_peak(child.pid)
    assert kernel.peak_rss_bytes(child.pid) == pytest.approx(resident, abs=2_000_000)
    child.stdin.close()
    await child.wait()
