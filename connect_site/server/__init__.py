"""The server: daphne, with what chargers need beyond it."""
