"""Questions that marketers ask of the simulated brand: data of suite `chat`, written without sight of what understands them."""
