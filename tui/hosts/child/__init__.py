"""Child processes of this program, seen from both ends."""
