"""Models that are loaded again although they were loaded the moment before.

Two clients that disagree on an option, or two models that do not fit into memory together,
make Ollama load again and again: minutes for a large model, and nothing says so but the load
durations of its answers. Known here is what passed through this process.
"""

LOADED_AGAIN_SECONDS = 0.1
"""A load duration above this is a load: a warm model reports a millisecond."""
MOMENT_SECONDS = 60.0
"""How long ago the model's last request may have ended: less than any usual keep-alive."""
_SAME_LOAD_SECONDS = 0.05


class Reloads:
    """When each model was last used. Keys are labels, hence bounded; instants one clock's."""

    def __init__(self) -> None:
        self._used_at: dict[str, float] = {}
        self._loaded_at: dict[str, float] = {}

    def last_use(self, model: str) -> float | None:
        """When the model's latest request ended; None when it is not loaded, for all we know."""
        return self._used_at.get(model)

    def used(self, model: str, ended_at: float) -> None:
        """A request of the model was answered: it is loaded."""
        self._used_at[model] = ended_at

    def unloaded(self, model: str) -> None:
        """The model was unloaded on request: its next load is none again."""
        self._used_at.pop(model, None)

    def is_reload(
        self, model: str, last_use: float | None, sent_at: float, load_seconds: float | None
    ) -> bool:
        """Judge one request: `last_use` is what `last_use()` said when it began.

        Requests that wait for the same load all report it; only the first is a reload.
        """
        if last_use is None or load_seconds is None or load_seconds <= LOADED_AGAIN_SECONDS:
            return False
        if sent_at - last_use >= MOMENT_SECONDS:
            return False
        loaded_at = sent_at + load_seconds
        before = self._loaded_at.get(model)
        self._loaded_at[model] = loaded_at
        return before is None or abs(loaded_at - before) > _SAME_LOAD_SECONDS
