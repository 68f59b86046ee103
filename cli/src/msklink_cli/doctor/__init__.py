"""`msklink doctor`: why does nothing happen?"""
