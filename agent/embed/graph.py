"""The encoder as an ONNX graph: token ids of equally long texts in, unit vectors out.

Nothing in the graph mixes texts, and nothing is padded: all rows of one run have the same number of tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from agent.embed.quantise import ActivationScale, quantise_weight
from agent.embed.weights import Weights

GRAPH_VERSION = 1
"""Raised with every change of the graph's arithmetic; part of the model's name."""

DIM = 384
MAX_TOKENS = 256
N_LAYERS = 6
LINEARS = ("qkv", "out", "up", "down")

INPUT = "input_ids"
OUTPUT = "embedding"

_N_HEADS = 12
_EPSILON = 1e-12
_MICROSOFT = "com.microsoft"
_OPSET = 21
_IR_VERSION = 10

Array = NDArray[np.float32]
Attribute = int | float | onnx.TensorProto


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of one linear layer: `x @ weight + bias`, weight of shape `(n_in, n_out)`."""

    weight: Array
    bias: Array


def linear_weights(weights: Weights, layer: int) -> dict[str, Linear]:
    """Return the four linear layers of a transformer layer by the names in `LINEARS`."""
    prefix = f"encoder.layer.{layer}."

    def read(name: str) -> Linear:
        weight = np.ascontiguousarray(weights[f"{prefix}{name}.weight"].T)
        return Linear(weight, weights[f"{prefix}{name}.bias"])

    parts = [read(f"attention.self.{name}") for name in ("query", "key", "value")]
    return {
        "qkv": Linear(
            np.concatenate([part.weight for part in parts], axis=1),
            np.concatenate([part.bias for part in parts]),
        ),
        "out": read("attention.output.dense"),
        "up": read("intermediate.dense"),
        "down": read("output.dense"),
    }


@dataclass(slots=True)
class _Graph:
    """Nodes and constants under construction."""

    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict[str, onnx.TensorProto])

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def add(
        self, op: str, inputs: Sequence[str], output: str, *, domain: str = "", **attributes: Attribute
    ) -> str:
        self.add_many(op, inputs, [output], domain=domain, **attributes)
        return output

    def add_many(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        domain: str = "",
        **attributes: Attribute,
    ) -> None:
        self.nodes.append(
            helper.make_node(op, inputs, outputs, name=outputs[0], domain=domain, **cast("Any", attributes))
        )


def build_model(
    weights: Weights, scales: Mapping[str, ActivationScale] | None, *, tap: bool = False
) -> bytes:
    """Return the serialised model.

    Args:
        weights: Tensors of the official checkpoint.
        scales: Activation scales of every linear layer for int8; None for float32.
        tap: Also put out the input of every linear layer, named like `0.qkv`, for calibration.

    Returns:
        A model with input `input_ids`, int32, shape `(n_texts, n_tokens)`, and output `embedding`, float32, shape
        `(n_texts, 384)`, unit L2 norm.
    """
    graph = _Graph()
    hidden = _embedding(graph, weights)
    taps: list[str] = []
    for layer in range(N_LAYERS):
        linears = linear_weights(weights, layer)
        qkv_input = hidden
        context = _attention(graph, hidden, f"{layer}.", linears, scales)
        attended = _linear(graph, context, f"{layer}.out", linears["out"], scales)
        hidden = _add_norm(
            graph, hidden, attended, weights, f"encoder.layer.{layer}.attention.output.LayerNorm"
        )
        up_input = hidden
        inner = _linear(graph, hidden, f"{layer}.up", linears["up"], scales)
        inner = graph.add("Gelu", [inner], f"{layer}.gelu", domain=_MICROSOFT)
        outer = _linear(graph, inner, f"{layer}.down", linears["down"], scales)
        hidden = _add_norm(graph, hidden, outer, weights, f"encoder.layer.{layer}.output.LayerNorm")
        if tap:
            sources = dict(zip(LINEARS, (qkv_input, context, up_input, inner), strict=True))
            taps += [graph.add("Identity", [source], f"{layer}.{name}") for name, source in sources.items()]
    _pool(graph, hidden)
    return _serialise(graph, [OUTPUT, *taps])


def _embedding(graph: _Graph, weights: Weights) -> str:
    # Every text is one segment, so the segment's row can be added to the positions' once and for all.
    position = weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
    position = position + weights["embeddings.token_type_embeddings.weight"][0]
    inputs = [
        INPUT,
        "",
        graph.constant("word", weights["embeddings.word_embeddings.weight"]),
        graph.constant("position", position),
        "",
        graph.constant("embedding.gamma", weights["embeddings.LayerNorm.weight"]),
        graph.constant("embedding.beta", weights["embeddings.LayerNorm.bias"]),
    ]
    graph.add_many(
        "EmbedLayerNormalization", inputs, ["embedded", "mask"], domain=_MICROSOFT, epsilon=_EPSILON
    )
    return "embedded"


def _attention(
    graph: _Graph,
    hidden: str,
    prefix: str,
    linears: Mapping[str, Linear],
    scales: Mapping[str, ActivationScale] | None,
) -> str:
    source = _linear_input(graph, hidden, f"{prefix}qkv", scales)
    parts: list[str] = []
    for index, name in enumerate(("query", "key", "value")):
        columns = slice(index * DIM, (index + 1) * DIM)
        linear = Linear(linears["qkv"].weight[:, columns], linears["qkv"].bias[columns])
        if scales is not None and name == "value":
            # The context is a mean of values, so smoothing it costs nothing when it is done to the values' weights.
            divisor = scales[f"{prefix}out"].smooth
            linear = Linear(linear.weight / divisor, linear.bias / divisor)
        parts.append(_product(graph, source, f"{prefix}{name}", linear, entry=_entry(scales, f"{prefix}qkv")))
    return graph.add("MultiHeadAttention", parts, f"{prefix}context", domain=_MICROSOFT, num_heads=_N_HEADS)


def _linear(
    graph: _Graph, source: str, name: str, linear: Linear, scales: Mapping[str, ActivationScale] | None
) -> str:
    prepared = _linear_input(graph, source, name, scales)
    return _product(graph, prepared, name, linear, entry=_entry(scales, name))


def _entry(scales: Mapping[str, ActivationScale] | None, name: str) -> ActivationScale | None:
    return None if scales is None else scales[name]


def _linear_input(graph: _Graph, source: str, name: str, scales: Mapping[str, ActivationScale] | None) -> str:
    """Add what turns the input of a linear layer into uint8; nothing in float."""
    if scales is None:
        return source
    entry = scales[name]
    if not name.endswith(".out"):
        inverse = graph.constant(f"{name}.smooth", 1 / entry.smooth)
        source = graph.add("Mul", [source, inverse], f"{name}.smoothed")
    return graph.add("QuantizeLinear", [source, *_levels(graph, name, entry)], f"{name}.quantised")


def _levels(graph: _Graph, name: str, entry: ActivationScale) -> tuple[str, str]:
    scale = graph.constant(f"{name}.scale", np.asarray(entry.scale, np.float32))
    return scale, graph.constant(f"{name}.zero_point", np.asarray(entry.zero_point, np.uint8))


def _product(graph: _Graph, source: str, name: str, linear: Linear, *, entry: ActivationScale | None) -> str:
    bias = graph.constant(f"{name}.bias", linear.bias)
    if entry is None:
        weight = graph.constant(f"{name}.weight", linear.weight)
        return graph.add(
            "Add", [graph.add("MatMul", [source, weight], f"{name}.product"), bias], f"{name}.sum"
        )
    weight, weight_scale = quantise_weight(linear.weight * entry.smooth[:, None])
    scale, zero_point = _levels(graph, name, entry)
    inputs = [
        source,
        graph.constant(f"{name}.weight", weight),
        scale,
        graph.constant(f"{name}.weight_scale", weight_scale),
        zero_point,
        "",
        bias,
    ]
    return graph.add("MatMulIntegerToFloat", inputs, f"{name}.sum", domain=_MICROSOFT)


def _add_norm(graph: _Graph, residual: str, update: str, weights: Weights, name: str) -> str:
    # Two operators instead of the fused SkipLayerNormalization, whose scalar loop takes eight times as long.
    inputs = [
        graph.add("Add", [residual, update], f"{name}.sum"),
        graph.constant(f"{name}.gamma", weights[f"{name}.weight"]),
        graph.constant(f"{name}.beta", weights[f"{name}.bias"]),
    ]
    return graph.add("LayerNormalization", inputs, f"{name}.norm", axis=-1, epsilon=_EPSILON)


def _pool(graph: _Graph, hidden: str) -> None:
    # Mean up to a factor that the norm removes. ReduceMean adds in another order when a run holds a single text, and
    # a text's vector would then depend on its company; a product with ones does not.
    n_tokens = graph.add("Shape", [hidden], "n_tokens", start=1, end=2)
    shape = graph.add("Concat", [graph.constant("one", np.ones(1, np.int64)), n_tokens], "row", axis=0)
    one = numpy_helper.from_array(np.ones(1, np.float32))
    ones = graph.add("ConstantOfShape", [shape], "ones", value=one)
    total = graph.add("MatMul", [ones, hidden], "total")
    axis = graph.constant("axis", np.ones(1, np.int64))
    pooled = graph.add("Squeeze", [total, axis], "pooled")
    norm = graph.add("ReduceL2", [pooled, axis], "norm", keepdims=1)
    graph.add("Div", [pooled, norm], OUTPUT)


def _serialise(graph: _Graph, outputs: Sequence[str]) -> bytes:
    ids = helper.make_tensor_value_info(INPUT, onnx.TensorProto.INT32, ["n_texts", "n_tokens"])
    results = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs]
    proto = helper.make_graph(graph.nodes, "encoder", [ids], results, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
    return helper.make_model(proto, opset_imports=opsets, ir_version=_IR_VERSION).SerializeToString()
