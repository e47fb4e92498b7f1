"""The terminal program: what is opened, which screens there are, how it ends."""
