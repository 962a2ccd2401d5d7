"""Database access: units of work, prepared statements, locks, outages, and disk space."""
