"""llama.cpp's own HTTP server in this process, until stdin ends. Arguments: a model's file, and its names.

Run by the Python that has `xllamacpp`; imports nothing of the project's.
"""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = set(sys.argv[2:])
params.n_ctx = 3 * 512
params.n_parallel = 3
params.cpuparams.n_threads = 1
params.fit_params = False
server = xllamacpp.Server(params)
print(f"listening at {server.listening_address}", flush=True)
sys.stdin.read()
