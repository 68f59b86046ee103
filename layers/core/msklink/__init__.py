"""MSKLink: Amazon MSK multi-VPC private connectivity for clients in other accounts and VPCs.

Only `msklink.aws` imports boto3, and only `msklink.services` and the handlers import
`msklink.aws`. All other packages are rules, which take and return values.
"""
