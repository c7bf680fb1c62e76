"""The story that `make demo` tells: three nodes and a learner's wallet, each a process of its own, over real sockets.

The story starts the processes, gives them their settings, and from then on does only what people do: the commands of
`ler-node`, the operators' API, and the wallet's own commands. It opens the nodes' databases at the end of an act, to
read, so that what it says about who could know what is what stands there.
"""
