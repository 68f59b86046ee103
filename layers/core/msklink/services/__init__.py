"""One service for each subject: it reads from AWS, asks the rules, and writes.

Handlers call these. The rules, which are values in and values out, are in the other packages.
"""
