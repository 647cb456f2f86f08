"""ONNX Runtime sessions, set up so that their arithmetic is the graph's on every processor."""

from typing import Any, cast

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from agent.embed import graph

# The package has no types for most of its API.
_runtime = cast("Any", onnxruntime)

_DEPTH = 64
_LARGEST_ACTIVATION = 255
_LARGEST_WEIGHT = 127


class EncoderSession:
    """One loaded graph, to be run by any number of threads at once.

    Args:
        model: Serialised graph of `agent.embed.graph`.
        n_threads: Threads inside one run.
        fuse_norms: Let ONNX Runtime put its fused SkipLayerNormalization in place of the graph's two operators, as
            it does unasked; slower, and there to be measured against.
    """

    def __init__(self, model: bytes, *, n_threads: int = 1, fuse_norms: bool = False) -> None:
        self._session = _runtime.InferenceSession(
            model,
            _options(n_threads),
            providers=["CPUExecutionProvider"],
            disabled_optimizers=[] if fuse_norms else ["SkipLayerNormFusion"],
        )

    def run(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the vectors of equally long texts, shape `(n_texts, 384)`, for ids of shape `(n_texts, n_tokens)`."""
        return self.outputs([graph.OUTPUT], ids)[0]

    def outputs(self, names: list[str], ids: NDArray[np.int32]) -> list[NDArray[np.float32]]:
        """Return the named outputs of the graph."""
        return self._session.run(names, {graph.INPUT: ids})


def products_overflow() -> bool:
    """Return whether this processor's fast int8 products overflow, as those without VNNI instructions do.

    They add pairs of products in 16 bits, and two largest ones do not fit; so the sum is tried.
    """
    weight = np.full((_DEPTH, _DEPTH), _LARGEST_WEIGHT, np.int8)
    node = helper.make_node("MatMulInteger", ["activation", "weight"], ["sum"])
    source = helper.make_tensor_value_info("activation", onnx.TensorProto.UINT8, [_DEPTH, _DEPTH])
    result = helper.make_tensor_value_info("sum", onnx.TensorProto.INT32, [_DEPTH, _DEPTH])
    proto = helper.make_graph(
        [node], "probe", [source], [result], [numpy_helper.from_array(weight, "weight")]
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = _runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    activation = np.full((_DEPTH, _DEPTH), _LARGEST_ACTIVATION, np.uint8)
    found = np.asarray(session.run(["sum"], {"activation": activation})[0])
    return bool((found != _DEPTH * _LARGEST_ACTIVATION * _LARGEST_WEIGHT).any())


def _options(n_threads: int) -> object:
    options = _runtime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Memory plans are kept for every shape seen, and there are thousands.
    options.enable_mem_pattern = False
    if products_overflow():
        # Slower kernels that do not overflow; where products are exact it would only cost speed, half of it.
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options
