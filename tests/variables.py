"""The variables by which the stack is told what to do."""

from ollama_observe.service.settings import fields_of
from scripts.containers import SERVICES
from stack.settings import StackSettings


def variables() -> set[str]:
    """Every one that a process of ours or a verb reads."""
    of_processes = {str(row["variable"]) for cls in SERVICES.values() for row in fields_of(cls)}
    return of_processes | {name.upper() for name in StackSettings.model_fields}
