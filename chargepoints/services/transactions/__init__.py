"""Transactions: how charge points report them, and their life from begin to end."""
