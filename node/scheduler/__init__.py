"""When the node does what nobody asked for at that moment: the table of jobs, their leases, and the ticker."""
