"""The whole service under random faults for a given time, held to its promises all the while."""
