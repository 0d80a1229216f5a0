"""Scripted peers for tests, drills and a developer at a prompt. No service imports them."""
