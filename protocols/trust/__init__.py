"""Who belongs to a trust network, who says so, and since when: OpenID Federation 1.0 in our DID profile."""
