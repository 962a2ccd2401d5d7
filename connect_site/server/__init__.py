"""The server: daphne, extended for chargers."""
