"""
`make bench-peers`: the same requests served by MSKLink, by people, and by a polling loop.

All but the polling loop run on the same embedded AWS. Where it is not known how AWS behaves, the
answer that suits the people is taken for them (`workload.FOR_PEOPLE`), and the strict one for
MSKLink.
"""
