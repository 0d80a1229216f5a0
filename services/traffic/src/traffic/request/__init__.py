"""One request: its body, its way, its answer, and the facts that are kept of it."""
