"""The one place where HTTP clients are made."""
