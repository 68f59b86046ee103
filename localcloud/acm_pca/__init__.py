"""
AWS Private CA in the embedded AWS, which MiniStack lacks: moto's backend, corrected, in process.

The modules that import moto are imported at the first use, as that takes half a second.
"""
