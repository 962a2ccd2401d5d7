"""How much of a month each connector could be used, from the history that is kept."""
