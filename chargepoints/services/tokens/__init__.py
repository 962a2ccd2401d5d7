"""Tokens: decisions about them, local lists, reservations."""
