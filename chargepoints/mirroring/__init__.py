"""Charge points told to a second central system: a read-only copy, with commands that are allowed.

What a charger says is read off the trace, in order, and told as the charger would tell it. So the
charger's own socket knows nothing of it, and waits for nobody.
"""
