"""Conditions on answers and on rows of a report: `ttft_ms.p95 > 500, device = GPU`. Pure."""
