"""Questions to begin with, offered while the prompt is empty."""

from __future__ import annotations

SAMPLES = (
    "How does RAG work step by step?",
    "How do I choose a small model?",
    "What is quantization?",
    "Why is my time to first token so high?",
    "How do I get JSON from a model?",
    "How do I compare two models?",
)
"""Each wants an answer of some length, so that it can be watched. The demo models were taught all six."""
