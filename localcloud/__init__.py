"""
AWS on this machine: MiniStack, with the multi-VPC part of Amazon MSK that it lacks.

Nothing in functions/ or layers/ imports this package.
"""
