package suite

func projectionCases() []Case { return nil }
