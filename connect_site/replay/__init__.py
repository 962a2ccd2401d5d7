"""`manage.py replay`: an exported trace, played against a gateway of its own, and compared."""
