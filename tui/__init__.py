"""foundry-compare: several local models, one prompt, side by side in a terminal."""
