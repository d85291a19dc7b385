"""The button of an approval's page: decides once, with a name and a reason."""
