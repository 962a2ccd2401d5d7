"""Django's backend for SQLite, where who writes in this process does so by turns."""
