"""The database: units of work, statements composed once, locks, and how an outage shows."""
