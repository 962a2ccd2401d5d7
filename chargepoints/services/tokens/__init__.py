"""Tokens: verdicts about them, local lists, reservations."""
