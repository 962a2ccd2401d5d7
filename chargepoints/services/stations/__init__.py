"""Charge points and their connectors: registration, boot, status, quirks."""
