"""The agent that people talk to: understands a request, calls tools over the pipeline, and lets through what verifies."""
