"""What every other package stands on: errors, files, records and checks; it knows no experiment."""
