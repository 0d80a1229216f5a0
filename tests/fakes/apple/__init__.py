"""What ioreg and macmon print on Macs: README.md beside this says where each comes from."""

from pathlib import Path

_HERE = Path(__file__).parent


def printed(name: str) -> bytes:
    """An output by the name of its file."""
    return (_HERE / name).read_bytes()
