"""One institution's or employer's running server."""
