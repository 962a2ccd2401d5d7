"""`python -m benchmarks`: the gateway beside what else could answer chargers, on this machine."""
