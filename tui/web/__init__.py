"""The screen in a browser: a small web server of which each page has a program of its own."""
