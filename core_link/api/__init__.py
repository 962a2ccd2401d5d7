"""The API's part about the delivery of events: endpoints and dead letters."""
