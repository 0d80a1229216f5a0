"""Several ways to read cards as one."""

from collections.abc import Sequence
from dataclasses import replace

from gpu_exporter.errors import CardsMissing, Unavailable
from gpu_exporter.gpu import Backend, Gpu


class Several:
    """The cards of several ways together: a machine may have an NVIDIA card and an AMD one.

    `name` is of those ways that have ever found cards: it does not change while one of them fails.
    A card keeps its index, and one of another way does not get it.
    """

    def __init__(self, backends: Sequence[Backend]) -> None:
        self.name = "none"
        self.parts = tuple(backends)
        self._named: set[str] = set()
        self._indices: dict[str, str] = {}

    def read(self) -> Sequence[Gpu]:
        """All cards.

        Raises: Unavailable where no way finds any; CardsMissing where some cards, or all of one
        way, could not be read.
        """
        found: dict[str, Gpu] = {}
        absences, failures = [], []
        for backend in self.parts:
            try:
                gpus = backend.read()
            except Unavailable as reason:
                absences.append(str(reason))
            except CardsMissing as missing:
                self._add(backend.name, missing.gpus, found)
                failures.append(f"{backend.name}: {missing}")
            except Exception as error:  # noqa: BLE001 (one way's failure does not hide the others' cards)
                failures.append(f"{backend.name}: {type(error).__name__}: {error}")
            else:
                self._add(backend.name, gpus, found)
        if failures:
            raise CardsMissing("; ".join(failures), list(found.values()))
        if not found:
            raise Unavailable("; ".join(absences) or "no way found a card")
        return list(found.values())

    def _add(self, name: str, gpus: Sequence[Gpu], found: dict[str, Gpu]) -> None:
        """Put the cards into `found`, by what identifies them: one that two ways read is one."""
        for gpu in gpus:
            identity = gpu.uuid or f"{name} {gpu.index}"
            index = self._indices.setdefault(identity, self._free(gpu.index))
            found.setdefault(identity, gpu if gpu.index == index else replace(gpu, index=index))
        if gpus and name not in self._named:
            self._named.add(name)
            self.name = "+".join(part.name for part in self.parts if part.name in self._named)

    def _free(self, index: str) -> str:
        taken = set(self._indices.values())
        if index not in taken:
            return index
        return next(str(number) for number in range(len(taken) + 1) if str(number) not in taken)

    @property
    def return_code(self) -> int | None:
        """Of the way that has one."""
        codes = [backend.return_code for backend in self.parts]
        return next((code for code in codes if code is not None), None)

    def close(self) -> None:
        """Close all of them."""
        for backend in self.parts:
            backend.close()
