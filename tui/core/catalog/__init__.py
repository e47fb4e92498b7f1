"""Models as hosts list them."""
