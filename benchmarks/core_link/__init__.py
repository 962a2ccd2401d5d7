"""What the core link costs and how long it takes: events delivered, decisions asked."""
