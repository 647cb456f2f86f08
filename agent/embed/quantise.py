"""Int8 weights and fixed activation scales, with each linear layer's outlier channels evened out first.

Per-tensor scales are fixed constants, so a text's vector does not depend on its neighbours. A few channels of the
activations are ten times larger than the rest; dividing channel `c` by `d[c]` and multiplying row `c` of the weights by it
leaves the product unchanged and lets 256 levels do.

Source:
    Xiao et al. 2023, SmoothQuant, https://arxiv.org/abs/2211.10438; `d` as in equation 4 with alpha 0.8.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

_ALPHA = 0.8
_LEVELS = 255
_WEIGHT_MAX = 127
# Texts outside the calibration may go further than any inside it; a clipped outlier costs more than coarser steps.
_HEADROOM = 1.1
# A channel that no calibration text moves may still move elsewhere: none counts as quieter than this quantile.
_QUIET = 0.3
_SMALLEST = 1e-3


@dataclass(frozen=True, slots=True)
class ActivationScale:
    """How the input of one linear layer becomes uint8: `rint(x / smooth / scale) + zero_point`.

    Args:
        quarter_exponents: Shape `(n_in,)`; `smooth` is `2 ** (quarter_exponents / 4)`.
        scale: Width of one level after smoothing.
        zero_point: Level of 0.0.
    """

    quarter_exponents: NDArray[np.int64]
    scale: float
    zero_point: int

    @property
    def smooth(self) -> NDArray[np.float32]:
        """Divisor of each input channel, shape `(n_in,)`."""
        return np.exp2(self.quarter_exponents / 4).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The activation scales of every linear layer by its name, and a digest that names the set."""

    scales: Mapping[str, ActivationScale]
    digest: str


def load_calibration() -> Calibration:
    """Return the scales that ship with the product; `agent.embed.calibrate` writes them."""
    text = resources.files("agent.embed").joinpath("calibration.json").read_text("utf-8")
    scales = {
        name: ActivationScale(np.asarray(entry["quarter_exponents"]), entry["scale"], entry["zero_point"])
        for name, entry in json.loads(text).items()
    }
    return Calibration(scales, hashlib.sha256(text.encode()).hexdigest())


def dump_calibration(scales: Mapping[str, ActivationScale]) -> str:
    """Return the JSON of `scales`, one layer a line."""
    lines = [
        f"{json.dumps(name)}: "
        + json.dumps(
            {
                "scale": entry.scale,
                "zero_point": entry.zero_point,
                "quarter_exponents": entry.quarter_exponents.tolist(),
            },
            separators=(",", ":"),
        )
        for name, entry in scales.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def fit_scale(
    low: NDArray[np.float32], high: NDArray[np.float32], weight: NDArray[np.float32]
) -> ActivationScale:
    """Return the scale of one linear layer's input.

    Args:
        low: Shape `(n_in,)`, the smallest value seen in each channel.
        high: Shape `(n_in,)`, the largest.
        weight: Shape `(n_in, n_out)`.
    """
    reach = np.maximum(-low, high)
    reach = np.maximum(reach, max(float(np.quantile(reach, _QUIET)), _SMALLEST))
    log_smooth = _ALPHA * np.log2(reach) - (1 - _ALPHA) * np.log2(np.abs(weight).max(axis=1))
    quarter_exponents = np.rint(4 * (log_smooth - log_smooth.mean())).astype(np.int64)
    smooth = np.exp2(quarter_exponents / 4)
    floor = min(float((low / smooth).min()), 0.0) * _HEADROOM
    ceiling = max(float((high / smooth).max()), _SMALLEST) * _HEADROOM
    scale = float(f"{(ceiling - floor) / _LEVELS:.4g}")
    return ActivationScale(quarter_exponents, scale, min(max(round(-floor / scale), 0), _LEVELS))


def quantise_weight(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 weights of shape `(n_in, n_out)` and one scale a column, shape `(n_out,)`."""
    scale = (np.maximum(np.abs(weight).max(axis=0), 1e-8) / _WEIGHT_MAX).astype(np.float32)
    return np.rint(weight / scale).astype(np.int8), scale
