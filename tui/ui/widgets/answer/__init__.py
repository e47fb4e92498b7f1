"""The widget that shows one answer."""
