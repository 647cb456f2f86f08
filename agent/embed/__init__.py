"""The bundled sentence encoder: all-MiniLM-L6-v2 on ONNX Runtime, without torch.

A text's vector is a function of that text alone, bit for bit: texts are only ever run beside texts of the same
token count (so nothing is padded) and activations are quantised by fixed scales (so no text sets another's scale).
"""

from agent.embed.encoder import MiniLMEncoder, Precision, open_encoder

__all__ = ["MiniLMEncoder", "Precision", "open_encoder"]
