"""Where a place in the product is found."""

from agent.schemas.chat import Target
from api.web.pages import brand_path


def target_path(workspace: str, target: Target) -> str:
    """Return the address of a place in the product."""
    pages = {
        "map": "maps",
        "pain_point": "pain-points",
        "pain_points": "pain-points",
        "variant_set": "variants",
        "variants": "variants",
        "record": "evidence",
        "evidence": "evidence",
        "journeys": "journeys",
        "sources": "sources",
        "settings": "settings",
    }
    return brand_path(workspace, pages[target.place], target.ref)
