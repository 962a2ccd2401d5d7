"""Meter values: stored as sent, and converted to Wh, W, A, V and percent."""
