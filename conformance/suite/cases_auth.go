package suite

func authCases() []Case { return nil }
