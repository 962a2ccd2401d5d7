"""The servers to compare with, each run as a process: `python -m benchmarks.servers.NAME PORT`."""
