package suite

func bulkCases() []Case { return nil }
