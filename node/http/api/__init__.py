"""The JSON API of operators, issuers and employers: one list of `Operation`s a subject.

Routes, checks of input and roles, and the OpenAPI document are all made from those lists, so they cannot disagree.
"""
