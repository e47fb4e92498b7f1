"""SmolLM2-135M-Instruct: a real small language model, brought from the package index into the embedded runtime."""
