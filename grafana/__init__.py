"""Grafana's dashboards, made of the panels of our own."""
