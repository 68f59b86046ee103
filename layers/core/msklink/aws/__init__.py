"""Access to AWS: the only part of MSKLink that imports boto3. One module per service.

Absent things become values here, pages become lists, and error codes become `msklink.errors`.
"""
