"""One model answering one prompt."""
