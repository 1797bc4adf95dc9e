"""Its being here puts this directory on the path of the tests below it, for what they share."""
