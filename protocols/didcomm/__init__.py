"""DIDComm Messaging v2.1: messages, envelopes, forwarding, problem reports."""
