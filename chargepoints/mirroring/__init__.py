"""Forwards the messages of charge points to a second central system: a read-only copy.

It may also send those commands that are allowed. The messages are read from the trace, in
order, and sent as the charger would send them. So the charger's own socket is not involved,
and never waits.
"""
