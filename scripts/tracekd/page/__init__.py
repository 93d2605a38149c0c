"""The reviewer's page: every number of a run with the items behind it and the command that makes it again."""
