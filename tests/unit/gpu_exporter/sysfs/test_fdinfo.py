"""What a descriptor of a card tells: whose card, which client, how much memory."""

import pytest

from gpu_exporter.sysfs.fdinfo import parse

AMD = "pos:\t0\npasid:\t32775\ndrm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\ndrm-client-id:\t71\n"


def test_a_client_is_read() -> None:
    client = parse(AMD + "drm-memory-vram:\t2048 KiB\ndrm-memory-gtt: \t1 MiB\n")
    assert client is not None
    assert (client.address, client.client_id) == ("0000:03:00.0", "71")
    assert client.memory_bytes(is_integrated=False) == 2048 * 1024
    assert client.memory_bytes(is_integrated=True) == 3 * 1024**2


def test_memory_that_is_printed_under_two_names_counts_once() -> None:
    client = parse(AMD + "drm-memory-vram:\t2048 KiB\ndrm-resident-vram:\t2 MiB\n")
    assert client is not None
    assert client.memory_bytes(is_integrated=False) == 2 * 1024**2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("drm-resident-vram0:\t23992 KiB", 23992 * 1024),
        ("drm-resident-local0:\t16 MiB", 16 * 1024**2),
        ("drm-resident-vram0:\t1 GiB", 1024**3),
        ("drm-resident-vram0:\t4096", 4096),
        ("drm-total-vram0:\t4096", None),
        ("drm-resident-gtt:\t4096", None),
        ("drm-resident-vram0:\tmany", None),
    ],
)
def test_a_card_s_memory_is_what_is_in_its_own(line: str, expected: int | None) -> None:
    client = parse(AMD + line)
    assert client is not None
    assert client.memory_bytes(is_integrated=False) == expected


def test_an_integrated_card_s_memory_is_the_system_s() -> None:
    client = parse(
        AMD + "drm-resident-system0:\t64 KiB\ndrm-resident-stolen-system0:\t8 KiB\n"
        "drm-memory-cpu:\t512 KiB"
    )
    assert client is not None
    assert client.memory_bytes(is_integrated=True) == 72 * 1024
    assert client.memory_bytes(is_integrated=False) is None


@pytest.mark.parametrize("text", ["", "pos:\t0\nflags:\t02", "drm-driver:\tvgem\n"])
def test_a_descriptor_of_no_pci_card_is_none(text: str) -> None:
    assert parse(text) is None
