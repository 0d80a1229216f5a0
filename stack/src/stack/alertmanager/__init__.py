"""Alertmanager, which tells people of alerts: where it answers, and what it is told."""
