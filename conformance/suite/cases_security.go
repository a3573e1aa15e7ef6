package suite

func securityCases() []Case { return nil }
