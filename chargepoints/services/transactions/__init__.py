"""Transactions: how charge points report them, from start to end."""
