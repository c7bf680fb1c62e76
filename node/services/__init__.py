"""The order of the work, the transactions and the retries. One file a service; `wiring` makes and joins them."""
