"""Meter values: in units, and as they were sent."""
