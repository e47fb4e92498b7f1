"""Numbers derived from the timestamps of a request."""
