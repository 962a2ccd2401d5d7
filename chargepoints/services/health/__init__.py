"""Health rules: what is wrong with charge points, and when maintenance mutes it."""
