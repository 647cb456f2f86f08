"""Exports of a map: one list of formats, each with what it cannot hold, said in the file too."""

from agent.render.exports.parts import Exported, Exporter, ExportFormat, MapPart
from agent.render.exports.registry import EXPORTS, export_map

__all__ = ["EXPORTS", "ExportFormat", "Exported", "Exporter", "MapPart", "export_map"]
