"""A plan that is shared by several processes, ours or another runner's."""
