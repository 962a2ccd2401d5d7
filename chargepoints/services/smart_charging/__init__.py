"""Charging profiles and schedules."""
