"""Creative variants: each changes one computed factor against a control and rests on listed facts."""
