"""Questions to begin with, offered while the prompt is empty."""

from __future__ import annotations

SAMPLES = (
    "Describe every stage of a RAG pipeline, from files to answer.",
    "What should I look at when I pick a small model for my team?",
    "Why do people store the weights with fewer bits?",
    "How can I get my TTFT down?",
    "The model should return a JSON object my parser can read, how do I ask for that?",
    "I have two models and want to find out which is better, how do I go about it?",
)
"""Each wants an answer of some length, so that it can be watched. The demo models were taught the subjects of all six,
and none of them in these words."""
