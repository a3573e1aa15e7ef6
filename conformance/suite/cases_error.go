package suite

func errorCases() []Case { return nil }
