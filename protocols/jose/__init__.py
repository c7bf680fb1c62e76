"""JSON, base64url, keys and JWS: the alphabet that every other room here is written in."""
