"""The catalogue: every metric of the stack as data, and how it becomes an object."""
