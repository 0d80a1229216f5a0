"""Questions to NVML: what a card does not have is asked once, what fails is told apart.

- Not supported, no such function, no permission: the card does not have it; None, and not asked
  again until NVML is initialised anew.
- Lost: of a card or of the library, an exception.
- Unknown error: some drivers give this for what a card does not have; where the same question was
  answered before, the library is lost.
- All else: None for this once, and a failure of the reading that it happens in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gpu_exporter.nvidia.library import (
    LOST_CARD,
    LOST_LIBRARY,
    UNSUPPORTED,
    Code,
    Device,
    Library,
    NvmlError,
)

_LOST = LOST_CARD | LOST_LIBRARY | {Code.UNKNOWN}
_MOST_SENTENCES = 3
_FIELDS = "nvmlDeviceGetFieldValues"
_Question = tuple[Any, ...]


class Asking:
    """Asks a library, for one thread only.

    `return_code` is what NVML answered to the latest initialisation or failed call, 0 once a
    reading went well; None before the first.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.return_code: int | None = None
        self._unsupported: set[_Question] = set()
        self._answered: set[_Question] = set()
        self._answers = 0
        self._failure: NvmlError | None = None
        self._failures: Counter[str] = Counter()

    def forget(self) -> None:
        """NVML was initialised anew: what was not supported may be now."""
        self._unsupported.clear()
        self._answered.clear()

    def require(self, name: str, *arguments: Any) -> Any:
        """The value. Raises: NvmlError where there is none, whatever the reason."""
        try:
            return self.library.call(name, *arguments)
        except NvmlError as error:
            self.return_code = error.code
            raise

    def ask(self, name: str, *arguments: Any) -> Any:
        """The value, or None where the card does not have it.

        Raises: NvmlError where the card is lost, or the library.
        """
        question = (name, *arguments)
        return None if question in self._unsupported else self._ask(question, remember=True)

    def ask_uncached(self, name: str, *arguments: Any) -> Any:
        """As `ask`, for what may come to be there later."""
        return self._ask((name, *arguments), remember=False)

    def ask_first(self, names: Sequence[str], *arguments: Any) -> Any:
        """What the first of several functions gives that this driver has. Raises: as `ask`."""
        for name in names:
            value = self.ask(name, *arguments)
            if value is not None:
                return value
        return None

    def ask_each(self, name: str, card: int, numbers: Mapping[str, int]) -> dict[str, Any]:
        """The value for each of NVML's numbers, by our name for it. None, and raises: as `ask`."""
        return {key: self.ask(name, card, number) for key, number in numbers.items()}

    def ask_fields(self, device: Device, fields: Sequence[int]) -> dict[int, float]:
        """Values of those fields that the device has. Raises: as `ask`."""
        wanted = tuple(
            field for field in fields if (_FIELDS, device, field) not in self._unsupported
        )
        if not wanted or (_FIELDS, device) in self._unsupported:
            return {}
        try:
            answers = self.library.call(_FIELDS, device, wanted)
        except NvmlError as error:
            self._judge((_FIELDS, device), error, remember=True)
            return {}
        found = {}
        for answer in answers:
            question = (_FIELDS, device, answer["field"])
            if answer["code"] == Code.SUCCESS:
                self._note_answer(question)
                found[answer["field"]] = float(answer["value"])
            else:
                self._judge(question, NvmlError(answer["code"], _FIELDS), remember=True)
        return found

    def begin_reading(self) -> None:
        """From here on failures are noted anew."""
        self._failures.clear()

    def end_reading(self) -> None:
        """All that there is was read, without a failure."""
        self.return_code = Code.SUCCESS

    @property
    def failures(self) -> list[str]:
        """Sentences for what failed in this reading without ending it; not for all, if many."""
        said = [f"{said} {n} times" if n > 1 else said for said, n in self._failures.items()]
        more = len(said) - _MOST_SENTENCES
        return [*said[:_MOST_SENTENCES], f"{more} other failures"] if more > 0 else said

    def note_failure(self, error: NvmlError) -> None:
        """A call failed in this reading, and does not end it."""
        self.return_code = error.code
        self._failures[str(error)] += 1

    def begin_turn(self) -> None:
        """From here on the answers count, up to `end_turn`."""
        self._answers, self._failure = 0, None

    def end_turn(self) -> None:
        """Raises: NvmlError where nothing but unknown errors came in this turn."""
        if self._failure is not None and not self._answers:
            self.return_code = self._failure.code
            raise self._failure

    def _ask(self, question: _Question, remember: bool) -> Any:
        name, *arguments = question
        try:
            value = self.library.call(name, *arguments)
        except NvmlError as error:
            self._judge(question, error, remember)
            return None
        self._note_answer(question)
        return value

    def _note_answer(self, question: _Question) -> None:
        self._answered.add(question)
        self._answers += 1

    def _judge(self, question: _Question, error: NvmlError, remember: bool) -> None:
        """Raises: `error` where it is of more than this one question."""
        if error.code in UNSUPPORTED:
            if remember:
                self._unsupported.add(question)
            return
        if error.code == Code.UNKNOWN and question not in self._answered:
            self._failure = error
            return
        if error.code in _LOST:
            self.return_code = error.code
            raise error
        self.note_failure(error)
