"""History: the event feed, and the deletion of old rows."""
