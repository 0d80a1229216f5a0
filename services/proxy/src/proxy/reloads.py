"""Models that are loaded again although they were loaded the moment before.

Two clients that disagree on an option, or two models that do not fit into memory together,
make Ollama load again and again: minutes for a large model, and nothing says so but the load
durations of its answers. Known here is what passed through this proxy, in any of its processes.
"""

from proxy.shared import MOST_MODELS, Shared, word_of

LOADED_AGAIN_SECONDS = 0.1
"""A load duration above this is a load: a warm model reports a millisecond."""
MOMENT_SECONDS = 60.0
"""How long ago the model's last request may have ended: less than any usual keep-alive."""
_SAME_LOAD_SECONDS = 0.05


class Reloads:
    """When each model was last used. Instants are those of one clock.

    Models that find no room, those beyond MOST_MODELS, are never said to be loaded again.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._places: dict[str, tuple[int, int]] = {}
        """Of models that were found: place and key."""

    def last_use(self, model: str) -> float | None:
        """When the model's latest request ended; None when it is not loaded, for all we know."""
        place = self._find(model)
        return None if place is None else self._shared.used_at[place] or None

    def used(self, model: str, ended_at: float) -> None:
        """A request of the model was answered: it exists, and is loaded."""
        place = self._claim(model)
        if place is not None and ended_at > self._shared.used_at[place]:
            self._shared.used_at[place] = ended_at

    def unloaded(self, model: str) -> None:
        """The model was unloaded on request: its next load is none again."""
        place = self._find(model)
        if place is not None:
            self._shared.used_at[place] = 0.0

    def is_reload(
        self, model: str, last_use: float | None, sent_at: float, load_seconds: float | None
    ) -> bool:
        """Judge one request: `last_use` is what `last_use()` said when it began.

        Requests that wait for the same load all report it; only the first is a reload.
        """
        if last_use is None or load_seconds is None or load_seconds <= LOADED_AGAIN_SECONDS:
            return False
        place = self._find(model)
        if place is None or sent_at - last_use >= MOMENT_SECONDS:
            return False
        loaded_at, before = sent_at + load_seconds, self._shared.loaded_at[place]
        self._shared.loaded_at[place] = loaded_at
        return abs(loaded_at - before) > _SAME_LOAD_SECONDS

    def _find(self, model: str) -> int | None:
        """Where the model's numbers are, if anybody used it."""
        keys = self._shared.models
        known = self._places.get(model)
        if known is not None and keys[known[0]] == known[1]:
            return known[0]
        key = word_of(model)
        place = self._place_for(key)
        if place is None or keys[place] == 0:
            return None
        self._places[model] = place, key
        return place

    def _claim(self, model: str) -> int | None:
        """Where the model's numbers are; a place is taken for one that has none.

        Of two processes that take the same place at once the later has it: the other finds the
        wrong key at its next use, and takes another.
        """
        place = self._find(model)
        if place is None:
            key = word_of(model)
            place = self._place_for(key)
            if place is not None:
                self._shared.models[place] = key
        return place

    def _place_for(self, key: int) -> int | None:
        """The first place that is a key's, or nobody's; None where all are others'."""
        keys = self._shared.models
        places = ((key + step) % MOST_MODELS for step in range(MOST_MODELS))
        return next((place for place in places if keys[place] in (0, key)), None)
