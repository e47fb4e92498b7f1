"""Write the ONNX graph of a Llama model without its weights: `python -m tools.smollm2.graph`.

The operators of the domain com.microsoft are those of ONNX Runtime; what each of them computes is described in
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
from onnx import TensorProto, helper
from onnx.onnx_pb import ModelProto, NodeProto

from tui.hosts.embedded.gguf import BLOCK
from tui.hosts.embedded.smollm2.layout import DATA, SMOLLM2, Linear, LlamaShape, Slot, linears, slots

OUT = Path(__file__).parents[2] / "tui" / "hosts" / "embedded" / "smollm2" / "graph.onnx"
MICROSOFT = "com.microsoft"
INT8_ACTIVATIONS = 4
"""`accuracy_level` at which the runtime rounds what a matrix is multiplied with to 8 bits, as llama.cpp does."""
_TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}


class _Nodes:
    """The nodes of the graph, each named after its one output."""

    def __init__(self) -> None:
        self.all: list[NodeProto] = []

    def add(
        self, operator: str, inputs: list[str], output: str | list[str], domain: str = "", **attributes: object
    ) -> str:
        outputs = [output] if isinstance(output, str) else output
        name = outputs[0].replace(".", "/")
        self.all.append(helper.make_node(operator, inputs, outputs, name, domain=domain, **attributes))
        return outputs[0]

    def constant(self, name: str, values: list[int], *, scalar: bool = False) -> str:
        dims = [] if scalar else [len(values)]
        return self.add("Constant", [], name, value=helper.make_tensor(name, TensorProto.INT64, dims, values))

    def linear(self, linear: Linear, given: str, sums: str) -> str:
        """`given` through a matrix; `sums` are those of its blocks of 32."""
        coarse = self.add(
            "MatMulNBits", [given, linear.codes, linear.scales], f"{linear.name}.coarse", MICROSOFT,
            K=linear.columns, N=linear.rows, bits=4, block_size=BLOCK, accuracy_level=INT8_ACTIVATIONS,
        )  # fmt: skip
        rest = self.add("MatMul", [sums, linear.corrections], f"{linear.name}.rest")
        return self.add("Add", [coarse, rest], f"{linear.name}.out")

    def block_sums(self, given: str) -> str:
        """The sums of 32 neighbours each."""
        blocks = self.add("Reshape", [given, "block.shape"], f"{given}.blocks")
        return self.add("ReduceSum", [blocks, "block.axis"], f"{given}.sums", keepdims=0)


def graph(shape: LlamaShape) -> ModelProto:
    """The model without weights, which are to lie in a file `DATA` beside it."""
    nodes = _Nodes()
    nodes.constant("block.shape", [0, 0, -1, BLOCK])
    nodes.constant("block.axis", [-1])
    _lengths(nodes)
    stream = nodes.add(
        "GatherBlockQuantized", ["embedding.codes", "input_ids", "embedding.scales"], "embedding.out", MICROSOFT,
        bits=8, block_size=BLOCK, gather_axis=0, quantize_axis=1,
    )  # fmt: skip
    added = ""
    for layer in range(shape.layers):
        stream, added = _layer(nodes, shape, layer, stream, added)
    normed = nodes.add(
        "SkipSimplifiedLayerNormalization", [stream, added, "norm"], "norm.out", MICROSOFT, epsilon=shape.epsilon
    )
    nodes.constant("head.shape", [shape.vocabulary, shape.hidden // BLOCK, BLOCK])
    nodes.add("Reshape", ["embedding.codes", "head.shape"], "head.codes")
    nodes.add(
        "MatMulNBits", [normed, "head.codes", "embedding.scales"], "logits", MICROSOFT,
        K=shape.hidden, N=shape.vocabulary, bits=8, block_size=BLOCK, accuracy_level=INT8_ACTIVATIONS,
    )  # fmt: skip
    made = helper.make_graph(nodes.all, "llama", *_ends(shape), [_external(slot) for slot in slots(shape)])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="foundry-compare")


def _lengths(nodes: _Nodes) -> None:
    """What the attention needs to know of the lengths of the sequences, from the mask."""
    one = nodes.constant("one", [1])
    ones = nodes.add("ReduceSum", ["attention_mask", one], "mask.sum", keepdims=0)
    nodes.add("Cast", [nodes.add("Sub", [ones, one], "mask.last")], "lengths", to=TensorProto.INT32)
    dims = nodes.add("Shape", ["attention_mask"], "mask.shape")
    total = nodes.add("Gather", [dims, nodes.constant("second", [1], scalar=True)], "mask.length", axis=0)
    nodes.add("Cast", [total], "total_length", to=TensorProto.INT32)


def _layer(nodes: _Nodes, shape: LlamaShape, layer: int, stream: str, added: str) -> tuple[str, str]:
    """One layer. `stream` is what flows past it, and `added` what the layer before is to add to that, if there is one.

    Returns the same two for the next layer.
    """
    qkv, output, gate, up, down = linears(shape, layer)
    at = f"layers.{layer}"
    normed = f"{at}.attention.norm.out"
    if added:
        outputs = [normed, "", "", f"{at}.attention.stream"]
        nodes.add(
            "SkipSimplifiedLayerNormalization", [stream, added, f"{at}.attention.norm"], outputs, MICROSOFT,
            epsilon=shape.epsilon,
        )  # fmt: skip
        stream = outputs[3]
    else:
        nodes.add(
            "SimplifiedLayerNormalization", [stream, f"{at}.attention.norm"], normed,
            epsilon=shape.epsilon, axis=-1, stash_type=1,
        )  # fmt: skip
    past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
    present = [f"present.{layer}.{part}" for part in ("key", "value")]
    attended = nodes.add(
        "GroupQueryAttention",
        [nodes.linear(qkv, normed, nodes.block_sums(normed)), "", "", *past, "lengths", "total_length",
         "rotary.cos", "rotary.sin"],
        [f"{at}.attention.attended", *present],
        MICROSOFT,
        num_heads=shape.heads, kv_num_heads=shape.kv_heads, scale=shape.head**-0.5, do_rotary=1, rotary_interleaved=0,
    )  # fmt: skip
    out = nodes.linear(output, attended, nodes.block_sums(attended))
    outputs = [f"{at}.mlp.norm.out", "", "", f"{at}.mlp.stream"]
    normed = nodes.add(
        "SkipSimplifiedLayerNormalization", [stream, out, f"{at}.mlp.norm"], outputs, MICROSOFT, epsilon=shape.epsilon
    )
    sums = nodes.block_sums(normed)
    gated, lifted = nodes.linear(gate, normed, sums), nodes.linear(up, normed, sums)
    # SiLU of the gate, times the other.
    open_gate = nodes.add("Mul", [gated, nodes.add("Sigmoid", [gated], f"{at}.mlp.sigmoid")], f"{at}.mlp.silu")
    product = nodes.add("Mul", [open_gate, lifted], f"{at}.mlp.product")
    return outputs[3], nodes.linear(down, product, nodes.block_sums(product))


def _ends(shape: LlamaShape) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
    """The inputs and the outputs."""
    value = helper.make_tensor_value_info
    inputs = [
        value("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"]),
        value("attention_mask", TensorProto.INT64, ["batch_size", "total_sequence_length"]),
    ]
    outputs = [value("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", shape.vocabulary])]
    for layer in range(shape.layers):
        for part in ("key", "value"):
            dims: list[str | int] = ["batch_size", shape.kv_heads]
            inputs.append(
                value(f"past_key_values.{layer}.{part}", TensorProto.FLOAT, [*dims, "past_sequence_length", shape.head])
            )
            outputs.append(
                value(f"present.{layer}.{part}", TensorProto.FLOAT, [*dims, "total_sequence_length", shape.head])
            )
    return inputs, outputs


def _external(slot: Slot) -> TensorProto:
    tensor = TensorProto()
    tensor.name, tensor.data_type = slot.name, _TYPES[slot.dtype]
    tensor.dims.extend(slot.dims)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", DATA), ("offset", str(slot.offset)), ("length", str(slot.size))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


def main() -> None:
    """Write the graph of SmolLM2-135M."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out: Path = parser.parse_args().out
    out.write_bytes(graph(SMOLLM2).SerializeToString(deterministic=True))
    print(f"{out.stat().st_size} bytes in {out}")


if __name__ == "__main__":
    main()
