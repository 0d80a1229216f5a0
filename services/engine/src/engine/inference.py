"""From a model's name to a model that works: library, options and scheduler together."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import psutil
import structlog

from engine import child as children
from engine import errors, options
from engine.child import Spec
from engine.e5 import weights
from engine.errors import ApiError
from engine.library import Facts, Library, Model, UnreadableModelError
from engine.metrics import EngineMetrics
from engine.options import Options, Placement
from engine.residents import Resident, Start
from engine.scheduler import Lease, Limits, Scheduler
from engine.settings import EngineSettings

_log = structlog.stdlib.get_logger("engine.inference")
_RUNNERS = {"gguf": "engine.runner", weights.FORMAT: "engine.e5.runner"}


class Inference:
    """The engine without its HTTP surface."""

    def __init__(
        self,
        settings: EngineSettings,
        metrics: EngineMetrics,
        start: Start = children.start,
        bundled: Model | None = None,
    ) -> None:
        self._settings = settings
        self.library = Library(settings.models_dir, bundled)
        limits = Limits(settings.max_loaded_models, settings.max_queue)
        self._llamas = Scheduler(limits, metrics, start)
        # it neither takes a chat model's place in memory nor waits until that is idle
        self._bundled = Scheduler(Limits(1, settings.max_queue), metrics, start)

    async def find(
        self, name: str, missing: Callable[[str], ApiError] = errors.model_missing
    ) -> tuple[Model, Facts]:
        """A model and what its file says. Raises ApiError: `missing`, or 500 when unreadable."""
        model = self.library.find(name)
        if model is None:
            raise missing(name)
        try:
            return model, await self.library.facts(model)
        except UnreadableModelError as error:
            raise ApiError(500, str(error)) from error

    def options(self, given: Mapping[str, Any], facts: Facts) -> Options:
        """A request's options, checked. Raises ApiError."""
        context = min(self._settings.context_length, facts.context_limit)
        default = Placement(context, self._settings.thread_count)
        if facts.is_embedding_only:  # such a model takes a text in one batch or not at all
            default = replace(default, batch_tokens=context)
        parsed = options.parse(given, default, facts.context_limit, psutil.cpu_count() or 1)
        wanted = given.get("num_ctx")
        if wanted is not None and wanted > parsed.placement.context_tokens:
            _log.warning("context_cut", wanted_tokens=wanted, limit_tokens=facts.context_limit)
        return parsed

    @contextlib.asynccontextmanager
    async def lease(
        self, model: Model, facts: Facts, placement: Placement, keep_alive_seconds: float | None
    ) -> AsyncIterator[Lease]:
        """Use a model. Raises ApiError when too many wait, or it cannot be loaded."""
        spec = Spec(
            path=model.path,
            placement=placement,
            parallel=self._settings.num_parallel,
            last_pooling=not facts.is_embedding_only,
            library_dir=self._settings.library_dir,
            timeout_seconds=self._settings.load_timeout_seconds,
            module=_RUNNERS[facts.format],
        )
        scheduler = self._scheduler(facts)
        async with scheduler.lease(model, facts, spec, keep_alive_seconds) as lease:
            yield lease

    def loaded(self) -> list[Resident]:
        """What is in memory and ready, the one that expires last first."""
        there = self._llamas.loaded() + self._bundled.loaded()
        return sorted(there, key=lambda resident: -resident.expires_ns)

    async def unload(self, model: Model, facts: Facts) -> None:
        """End the model's process: at once when it is idle, else after its last request."""
        await self._scheduler(facts).unload(model)

    async def close(self) -> None:
        """End every process."""
        await self._llamas.close()
        await self._bundled.close()

    def _scheduler(self, facts: Facts) -> Scheduler:
        return self._bundled if facts.format == weights.FORMAT else self._llamas

    @property
    def keep_alive_seconds(self) -> float | None:
        """How long a model stays when a request does not say; None is forever."""
        return self._settings.keep_alive_seconds
