"""`manage.py simulate`: simulated chargers with a journal, to be compared with the database."""
