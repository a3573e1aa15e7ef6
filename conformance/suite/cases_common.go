package suite

func commonCases() []Case { return nil }
