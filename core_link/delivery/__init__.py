"""Events on their way to core: read from the feed, made into deliveries, posted, recorded."""
