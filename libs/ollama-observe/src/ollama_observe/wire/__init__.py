"""Bytes to facts: no network, no framework, no clock of its own."""
