"""Which requests are made, in which order."""
