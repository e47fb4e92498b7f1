"""Make an exported graph smaller: what can be computed from something else is not stored.

The exporter stores the cosines and sines of 4096 positions, and with int8 a second, unquantized copy of the embedding.
For models of this size that is most of the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, helper, numpy_helper

from .sizes import HEAD, WINDOW

THETA = 10000.0
EMBEDDING = "model.embed_tokens.weight"
HEAD_WEIGHT = "lm_head.MatMul.weight_Q8"
HEAD_SCALES = "lm_head.MatMul.weight_scales"


def slim(source: Path, target: Path) -> None:
    """Read the model at ``source`` and write it as one smaller file at ``target``."""
    model = onnx.load(str(source))
    compute_rotary(model.graph)
    share_embedding(model.graph)
    for node in model.graph.node:
        node.doc_string = ""
    del model.graph.value_info[:]
    onnx.save(model, str(target))


def take(graph: GraphProto, name: str) -> np.ndarray:
    """Remove an initializer from the graph and return its values."""
    for index, tensor in enumerate(graph.initializer):
        if tensor.name == name:
            values = numpy_helper.to_array(tensor)
            del graph.initializer[index]
            return values
    raise KeyError(name)


def prepend(graph: GraphProto, nodes: list[NodeProto]) -> None:
    """Put nodes in front of all others, as the order of execution requires."""
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])


def compute_rotary(graph: GraphProto) -> None:
    """Replace the stored tables of cosines and sines by the few nodes that compute them when the model is loaded."""
    stored = {"cos_cache": take(graph, "cos_cache"), "sin_cache": take(graph, "sin_cache")}
    frequency = (1.0 / THETA ** (np.arange(0, HEAD, 2, dtype=np.float32) / HEAD)).astype(np.float32)
    angles = np.arange(WINDOW, dtype=np.float32)[:, None] * frequency[None, :]
    for name, made in (("cos_cache", np.cos(angles)), ("sin_cache", np.sin(angles))):
        if stored[name].shape != made.shape or not np.allclose(stored[name], made, atol=1e-3):
            raise ValueError(f"{name} is not what this recipe would compute")
    constants: dict[str, np.ndarray] = {
        "rotary/start": np.array(0, dtype=np.float32),
        "rotary/limit": np.array(WINDOW, dtype=np.float32),
        "rotary/delta": np.array(1, dtype=np.float32),
        "rotary/axis": np.array([1], dtype=np.int64),
        "rotary/frequency": frequency[None, :],
    }
    graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in constants.items())
    prepend(
        graph,
        [
            helper.make_node("Range", ["rotary/start", "rotary/limit", "rotary/delta"], ["rotary/row"], "rotary/Range"),
            helper.make_node("Unsqueeze", ["rotary/row", "rotary/axis"], ["rotary/positions"], "rotary/Unsqueeze"),
            helper.make_node("Mul", ["rotary/positions", "rotary/frequency"], ["rotary/angles"], "rotary/Mul"),
            helper.make_node("Cos", ["rotary/angles"], ["cos_cache"], "rotary/Cos"),
            helper.make_node("Sin", ["rotary/angles"], ["sin_cache"], "rotary/Sin"),
        ],
    )


def share_embedding(graph: GraphProto) -> None:
    """Let an int8 model look its embeddings up in the quantized output layer (int4 models already do)."""
    gather = next((node for node in graph.node if EMBEDDING in node.input), None)
    if gather is None:
        return
    values = take(graph, EMBEDDING)
    weight = next(tensor for tensor in graph.initializer if tensor.name == HEAD_WEIGHT)
    vocabulary, blocks, block = weight.dims
    if values.shape != (vocabulary, blocks * block):
        raise ValueError("the output layer does not have the shape of the embedding")
    shape = numpy_helper.from_array(np.array([vocabulary, blocks * block], dtype=np.int64), "embedding/shape")
    graph.initializer.append(shape)
    reshape = helper.make_node("Reshape", [HEAD_WEIGHT, "embedding/shape"], ["embedding/flat"], "embedding/Reshape")
    lookup = helper.make_node(
        "GatherBlockQuantized",
        ["embedding/flat", gather.input[1], HEAD_SCALES],
        list(gather.output),
        "embedding/GatherBlockQuantized",
        domain="com.microsoft",
        bits=8,
        block_size=block,
        gather_axis=0,
        quantize_axis=1,
    )
    graph.node.remove(gather)
    prepend(graph, [reshape, lookup])
