"""History: the feed of events, and what is deleted after a while."""
