"""A learner's consent as evidence: the record, each use of it, who checks what on the way, and the receipt.

Nobody on the way knows both the learner and the asker, so every value here names the learner by a DID made for one
asker only, and names fields but never their values.
"""
