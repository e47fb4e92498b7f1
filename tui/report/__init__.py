"""Many sessions to tables. Pure: it is given sessions and reads no disk."""
