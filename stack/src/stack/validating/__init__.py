"""`validate`: is all here that a start needs; one file for each subject."""
