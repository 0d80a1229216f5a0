"""The question bank for other load generators."""
