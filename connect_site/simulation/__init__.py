"""`manage.py simulate`: chargers that keep their own books, to be compared with ours."""
