"""Meter values: recorded as sent, and read as Wh, W, A, V and percent."""
