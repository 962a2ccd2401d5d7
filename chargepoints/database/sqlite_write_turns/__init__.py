"""Django's SQLite backend, in which all writing threads of a process queue for the lock."""
