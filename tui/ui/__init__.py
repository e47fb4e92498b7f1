"""The terminal interface: screens, widgets and the beat that paints them."""
