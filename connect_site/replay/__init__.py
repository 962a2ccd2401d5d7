"""`manage.py replay`: replays an exported trace against a separate gateway, and compares."""
