"""The recipe that makes the demo models; nothing here is needed to run the program."""
