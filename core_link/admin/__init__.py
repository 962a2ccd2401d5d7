"""The admin of the core link: one file a subject. Importing them registers their pages."""

from core_link.admin import dashboard, dead_letters, deliveries, endpoints, events

__all__ = ["dashboard", "dead_letters", "deliveries", "endpoints", "events"]
