"""What an employer asks, as values: the query, the signed request around it, and which credentials answer it."""
