"""The command `msklink`: show and steer what MSKLink does to the MSK clusters of a Region."""
