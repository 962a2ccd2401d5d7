"""Metrics for Prometheus: counters of a process, gauges from the database; and spans."""
