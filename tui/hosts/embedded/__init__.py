"""The Foundry Local SDK in a process of its own, serving the bundled demo models."""
