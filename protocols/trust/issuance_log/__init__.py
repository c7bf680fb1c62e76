"""The issuance log: when a credential existed, on the word of others than whoever signed it."""
