"""The delivery of events to core: read the feed, create deliveries, post them, record results."""
