"""Prometheus for this machine: found or fetched, and configured."""
