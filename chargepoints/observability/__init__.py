"""What Prometheus reads: counters of a process, and gauges counted in the database."""
