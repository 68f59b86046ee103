"""What others have changed of what MSKLink made, and whether it is changed back."""
