"""What talks to the outside, and turns its failures into `NodeError`: the network, worker processes, keys at rest."""
