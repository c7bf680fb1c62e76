"""A headless learner's wallet: a client of its own, with its own keys and storage, that imports `protocols` only.

commands     cli.py output.py                                      what a person types
program      wallet.py listings.py                                 the same, for programs
a yes        views.py screen.py looking.py sharing.py receipts.py  what is asked, the words, what is signed
exchanges    enrolment.py contact.py errands.py                    what was begun goes on by itself, step by step
messages     pickup.py inbox.py opening.py effects.py problems.py  in
             packing.py outbox.py transport.py documents.py        out
trust        trust.py directory.py credentials.py links.py         whom to believe, and what is kept
keys, state  identities.py sealing.py storage.py rows/
"""

from node.demo.wallet.wallet import Wallet

__all__ = ["Wallet"]
