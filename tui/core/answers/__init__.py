"""What the text of an answer shows of how it was made: loops, marks of a template, a refusal, the model's own name."""
