"""
`make smoke`: try MSKLink in real accounts, and answer what nobody could verify without one.

It says what it will do, where, how long and at what cost, and asks. Each step can be stopped and
gone on with later: smoke-state.json has what exists. The answers are in smoke-report.json, and as
text without ids in smoke-report.md. docs/smoke.md is the guide.
"""
