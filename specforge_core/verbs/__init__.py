"""The verbs of the facade, one module per noun; `Forge` is all of them together."""
