"""Pure values and rules: no I/O, no Textual, no HTTP."""
