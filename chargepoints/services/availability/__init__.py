"""The availability of each connector in a month, calculated from the history."""
