"""A process that reads session files for the index: paths in on stdin, what is in the files out on stdout.

Reading thousands of files takes a processor for a minute, and would hold up the screen if it shared a process with it.
"""

from tui.storage.index.readers import ENTRIES, serve

if __name__ == "__main__":
    serve(ENTRIES)
