"""What the program costs and how right its numbers are, measured against a server with a send log and against others.

Not part of the tests: a timing is only as good as the machine's quiet. `python -m benchmarks --help`.
"""
