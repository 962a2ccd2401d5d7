"""The admin of the core link: one file a subject. Importing them registers their pages."""

from core_link.admin import dead_letters, deliveries, endpoints

__all__ = ["dead_letters", "deliveries", "endpoints"]
