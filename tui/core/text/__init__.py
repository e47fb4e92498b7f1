"""Text for the eyes: what is shown of it, and how wide it is."""
