"""The DIDComm flows, one folder each. A folder here is a flow as soon as it exists: nothing else lists them."""
