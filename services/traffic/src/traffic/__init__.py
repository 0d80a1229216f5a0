"""The traffic worker: plays real questions through the proxy and reports what it saw."""
