"""A Windows Python on Linux: the program and its tests on CPython for Windows, under Wine. See docs/windows.md."""
