"""A charge point's configuration and monitors, as it reports them."""
