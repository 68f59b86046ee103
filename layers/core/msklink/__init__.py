"""MSKLink's rules about Amazon MSK multi-VPC private connectivity, and its access to AWS.

The rule modules take values and return values. Only `msklink.aws` imports boto3.
"""
