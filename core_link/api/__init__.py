"""The API for the delivery of events: endpoints and dead letters."""
