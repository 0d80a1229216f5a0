"""The panels as data."""
