"""Many sessions to tables: is handed sessions, reads no disk, shows nothing."""
