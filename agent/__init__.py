"""The core: from exports to checked journey maps, one module or package a stage, in the order data flows.

`read -> normalise -> identify -> redact -> split -> store -> embed -> index -> retrieve -> analyse -> draft -> verify
-> render`, with `pipeline` on top. `schemas` holds the types that flow, `ports` the seams to the outside, `errors`
everything raised on purpose.

Nothing here imports `eval` or `api`, so held-out customers cannot reach a prompt: the core has no way to read the
vault, only the write-only `ports.HeldOutSink`.
"""
