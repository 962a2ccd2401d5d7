"""The load generator: simulated chargers in a process of their own, cheap beside any server."""
